# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Stage 3: microservices on Swarm.

stage3()
{
	stage "Stage 3: microservices on Swarm"
	swarm_up
	services_up
	chat_works http://10.77.0.1 http://10.77.0.2
	secret_in_memory
	restarts
	scaling
	canary
	blue_green
	bad_release
	orders_kept
}

swarm_up()
{
	local join n
	must d 1 swarm init --advertise-addr 10.77.0.1 --task-history-limit 1
	join=$(d 1 swarm join-token -q worker)
	for n in $NODES; do
		[ "$n" = 1 ] || must d "$n" swarm join --advertise-addr "10.77.0.$n" --token "$join" 10.77.0.1:2377
	done
	becomes 60 "a swarm: nodes that are ready" "$(wc -w <<<"$NODES")" ready_nodes
}

ready_nodes()
{
	api 1 /nodes | jq '[.[] | select(.Status.State == "ready")] | length'
}

# route NAME RULES: a configuration of the front door: who serves what part of the requests
route()
{
	echo "split_clients \$request_id \$app { $2 }" | must d 1 config create "$1" - || exit 1
}

# service NAME ARG...: those that may be replaced in operation: the new one is healthy before the old one goes
service()
{
	local name=$1
	shift
	must d 1 service create -d --name "$name" --network shop --update-order start-first --rollback-order start-first --stop-grace-period 30s \
		--restart-delay 1s --update-monitor 5s --env "DATABASE=database" --env "NOTE=$NOTE" "$@"
}

services_up()
{
	local n
	SWARM_TOKEN=$(random swarm) NOTE=$(random note)
	must d 1 network create -d overlay shop
	touch "$WORK/before-secret"
	printf %s "$SWARM_TOKEN" | must d 1 secret create api_token - || exit 1
	route blue '* app-blue:8000;'
	route canary '20% app-green:8000; * app-blue:8000;'
	route green '* app-green:8000;'
	service database --secret api_token --constraint node.role==manager "$REGISTRY/somedatabase"
	service chat "$REGISTRY/chat"
	service app-blue --secret api_token --replicas 2 "$REGISTRY/app:1"
	service web --replicas 2 --publish 80:8080 --config source=blue,target=/srv/routes.conf "$REGISTRY/web"
	becomes 240 "services, and containers of theirs that run" "app-blue 2/2 chat 1/1 database 1/1 web 2/2" services
	for n in $NODES; do
		becomes 60 "node $n answers, whoever has the container" "4 items" items_at "$n"
	done
}

services()
{
	api 1 '/services?status=true' | jq -r 'map("\(.Spec.Name) \(.ServiceStatus.RunningTasks)/\(.ServiceStatus.DesiredTasks)") | sort | join(" ")'
}

items_at()
{
	echo "$(curl -fsS "http://10.77.0.$1/api/items" | jq length) items"
}

# tasks SERVICE: those that run, "NODE CONTAINER" each; healthy ones where the image says how to find out
tasks()
{
	local n filters
	filters=$(jq -rn --arg s "$1" '{label: ["com.docker.swarm.service.name=" + $s]} | @json | @uri')
	for n in $NODES; do
		api "$n" "/containers/json?filters=$filters" | jq -r --arg n "$n" --arg s "$1" \
			'.[] | select(.Status | test("\\(healthy\\)") or ($s | test("^(database|chat)$"))) | $n + " " + .Id'
	done
}

# running SERVICE COUNT
running()
{
	[ "$(tasks "$1" | wc -l)" = "$2" ]
}

# crew SERVICE: how many run, and how many are coming or going
crew()
{
	local moving
	moving=$(api 1 /tasks | jq --arg s "$(api 1 "/services/$1" | jq -r .ID)" \
		'[.[] | select(.ServiceID == $s and (.DesiredState == "running") != (.Status.State == "running") and
			(.Status.State | test("complete|shutdown|failed|rejected|remove|orphaned") | not))] | length')
	echo "$(tasks "$1" | wc -l) containers, $moving coming or going"
}

# settled SERVICE COUNT: so many run, and none is coming or going
settled()
{
	[ "$(crew "$1")" = "$2 containers, 0 coming or going" ]
}

# Docker keeps a mount of memory with the secret beside each container: another file system than the node's disk.
secret_in_memory()
{
	local node id n found kind
	read -r node id <<<"$(tasks app-blue)"
	kind=$(secret_mount "$node" "$id")
	verdict "the secret in a container: read from memory" "/run/secrets/api_token on $kind" \
		same "$kind $(d "$node" exec "$id" cat /run/secrets/api_token)" "tmpfs $SWARM_TOKEN"
	for n in $NODES; do
		found=$(on_disk "$n" "$SWARM_TOKEN" "$NOTE")
		found=${found//"$NOTE"/a note in the environment}
		verdict "  and not on the disk of node $n" "there: ${found//"$SWARM_TOKEN"/the secret}" same "$found" "a note in the environment"
	done
}

# on_disk N WORD...: those that are in files which the node has written since there was a secret. Each service has a note in its
# environment, which docker does write down: where that is not found, nothing would be.
on_disk()
{
	local node=$WORK/node$1
	shift
	find "$node" -xdev -newer "$WORK/before-secret" -type f -exec grep -aohF "$(printf '%s\n' "$@")" {} + 2>/dev/null |
		sort -u | paste -sd ',' | sed 's/,/, /g'
}

secret_mount()
{
	d "$1" exec "$2" sed -n 's|^[^ ]* /run/secrets/api_token \([^ ]*\) .*|\1|p' /proc/mounts
}

# A crash: the process is killed behind docker's back.
restarts()
{
	local node id pid
	read -r node id <<<"$(tasks app-blue)"
	pid=$(api "$node" "/containers/$id/json" | jq .State.Pid)
	kill -KILL "$pid"
	becomes 120 "a container is killed: Swarm starts another" "2 run, the killed one is 0 of them" but_for "$id"
}

# but_for ID: how many run, and whether it is one of them; by one look, as it may go between two
but_for()
{
	local now
	now=$(tasks app-blue)
	echo "$(grep -c . <<<"$now") run, the killed one is $(grep -c "$1" <<<"$now") of them"
}

# received SERVICE: bytes that came to each of its containers, by docker's statistics: "CONTAINER BYTES"
received()
{
	local node id
	while read -r node id; do
		echo "$id $(api "$node" "/containers/$id/stats?stream=false&one-shot=true" | jq '[(.networks // {})[].rx_bytes] | add // 0')"
	done < <(tasks "$1")
}

# rate SERVICE: bytes in a second, over the time between two looks at the containers that are in both
rate()
{
	local before begin=$EPOCHREALTIME
	before=$(received "$1")
	sleep 6
	{ echo "$before"; received "$1"; } | awk -v us=$((${EPOCHREALTIME/./} - ${begin/./})) 'NF != 2 { next }
		$1 in first { sum += $2 - first[$1] } { first[$1] = $2 } END { printf "%d\n", sum * 1000000 / us }'
}

# scaler SERVICE QUIET: who has it in hand how many there are: 4 when there is more than twice the traffic of a quiet hour
# (bytes in a second), else 2
scaler()
{
	local now want have=2
	while :; do
		now=$(rate "$1") want=2
		[ "$now" -le $((2 * $2)) ] || want=4
		[ "$want" = "$have" ] || d 1 service scale -d "$1=$want"
		have=$want
		[ "$now" -le "$(cat "$WORK/busiest")" ] || echo "$now" >"$WORK/busiest"
	done >/dev/null 2>&1
}

scaling()
{
	local quiet scaler
	CUSTOMERS=1 PAUSE=1 traffic_begin quiet
	sleep 4
	quiet=$(rate app-blue)
	echo 0 >"$WORK/busiest"
	scaler app-blue "$quiet" &
	scaler=$!
	traffic_begin
	wait_for 120 running app-blue 4
	sleep 8
	traffic_end
	verdict "more customers come: from 2 containers to 4, by themselves" \
		"$quiet to $(cat "$WORK/busiest") bytes/s; $(seen '.by_server | length') served" between "$(seen '.by_server | length')" 4 4
	nothing_lost "  scaling up"
	becomes 120 "they leave: 2 again, by themselves" "2 containers, 0 coming or going" crew app-blue
	sleep 2
	kill $scaler
	wait $scaler 2>/dev/null
	traffic_end quiet
	nothing_lost "  scaling down"
}

# route_by NAME: the containers of the front door are replaced by some with another configuration
ROUTE=blue
route_by()
{
	must d 1 service update -q --config-rm "$ROUTE" --config-add "source=$1,target=/srv/routes.conf" web
	ROUTE=$1
}

# moved CONFIGURATION: until nobody is left who goes by the one before
moved()
{
	route_by "$1"
	wait_for 60 settled web 2
}

# One in five requests; of few requests it may be more or less.
canary()
{
	service app-green --secret api_token --replicas 1 "$REGISTRY/app:2"
	wait_for 120 running app-green 1
	during moved canary
	both_answered "canary: some requests go to version 2, under load"
	afterwards "  afterwards a part of them does" "1 2" 'map(select(.[2] == "2")) as $new | map(select(.[2])) as $all |
		100 * ($new | length) / ($all | length) | . >= 1 and . <= 45'
	nothing_lost "  there"
	during moved blue
	both_answered "  and back, under load"
	afterwards "  afterwards version 2 is asked no more" 1
	nothing_lost "  back"
}

blue_green()
{
	must d 1 service scale -d app-green=2
	wait_for 120 running app-green 2
	during moved green
	both_answered "blue-green: all requests move to version 2, under load"
	afterwards "  afterwards version 1 is asked no more" 2
	nothing_lost "  there"
	during moved blue
	both_answered "  and back, under load"
	afterwards "  afterwards version 2 is asked no more" 1
	nothing_lost "  back"
	during moved green
	both_answered "  and for good"
	afterwards "  afterwards version 1 is asked no more" 2
	nothing_lost "  for good"
	must d 1 service rm app-blue
}

# A release that never becomes healthy: it gets no request, and Swarm goes back by itself. What failed is not started again before
# Swarm has decided: on its way back it makes do with any container of the version before that is to run, also with one that it has
# just begun in place of a failed one, and would stop the one that works.
bad_release()
{
	traffic_begin
	d 1 service update -q --health-start-period 10s --health-interval 2s --restart-delay 10m --update-failure-action rollback \
		--image "$REGISTRY/app:3" app-green >"$WORK/bad" 2>&1
	wait_for 60 settled app-green 2
	traffic_end
	becomes 60 "a release that does not work is tried" "[1-9][0-9]* of its containers started and ended" tried app:3
	# Swarm may write that it is complete a second time, and then forgets that it was a way back
	becomes 60 "  and taken back" "(rollback_)?completed, the service has app:2" release_of app-green
	verdict "  and has answered nobody" "$(seen '.by_version | to_entries | map("\(.value) by version \(.key)") | join(", ")')" \
		same "$(seen '.by_version | keys | join(" ")')" 2
	nothing_lost "  meanwhile"
}

# tried IMAGE: how many of its containers have started and ended, by the events of all nodes
tried()
{
	cat "$WORK"/events[0-9] | jq -rs --arg image "/$1" '[.[] | select(.Actor.Attributes.image // "" | split("@")[0] | endswith($image))] |
		group_by(.Actor.ID) | map(map(.Action) | select(index("start") and index("die"))) |
		"\(length) of its containers started and ended"'
}

# release_of SERVICE: how its last update went, and what it has now
release_of()
{
	api 1 "/services/$1" | jq -r '"\(.UpdateStatus.State), the service has " +
		(.Spec.TaskTemplate.ContainerSpec.Image | split("@")[0] | sub("^.*/"; ""))'
}

# Every order that a customer was told of is in the database, once. A customer buys one thing at a time: where a request was served
# twice, the sum that was told or the one in the database is not its price.
orders_kept()
{
	local node id kept told
	read -r node id <<<"$(tasks database)"
	kept=$(sql_of "$node" "$id" "SELECT CONCAT_WS(' ', ref, total, total) FROM orders WHERE ref LIKE 'c%'" | sort)
	told=$(sort "$WORK/orders")
	verdict "every order that was confirmed is in the database, once" "$(wc -l <<<"$told") and $(wc -l <<<"$kept")" \
		same "${told:-no orders}" "$kept"
}
