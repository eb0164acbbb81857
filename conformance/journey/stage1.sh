# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Stage 1: containers, started by hand. And that to containerize is not to have a Docker image.

stage1()
{
	stage "Stage 1: each component in a container, started by hand"
	TOKEN=token-$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
	secret_in_environment
	secret_in_folder
	shop_by_hand
	no_image
	d 1 rm -f somedatabase app chat web >/dev/null
	d 1 network rm shop >/dev/null
}

secret_in_environment()
{
	local id
	id=$(d 1 run -d -e API_TOKEN="$TOKEN" somedatabase)
	verdict "docker run -d -e API_TOKEN=... somedatabase" "it runs" \
		same "$(api 1 "/containers/$id/json" | jq -r '.State.Status + " " + .HostConfig.Runtime')" "running berth"
	verdict "the secret is in the environment of the process" "docker exec finds it" \
		grep -qx "API_TOKEN=$TOKEN" <<<"$(d 1 exec "$id" env)"
	verdict "  and whoever may inspect the container reads it too" "docker inspect shows it" \
		grep -q "$TOKEN" <<<"$(api 1 "/containers/$id/json")"
	d 1 rm -f "$id" >/dev/null
}

# DIR is read in the container and nowhere else
secret_in_folder()
{
	local id answer dir=$WORK/secrets
	mkdir -p "$dir"
	echo "$TOKEN" >"$dir/api_token"
	id=$(d 1 run -d -v "$dir:/fsecret:ro" somedatabase)
	verdict "docker run -d -v DIR:/fsecret:ro somedatabase" "readable inside" \
		same "$(d 1 exec "$id" cat /fsecret/api_token)" "$TOKEN"
	answer=$(d 1 exec -u 0 "$id" sh -c 'echo x >/fsecret/api_token' 2>&1)
	verdict "  not writable, not even for root" "${answer##*: }" grep -q 'Read-only file system' <<<"$answer"
	verdict "  not in what docker says of the container" "docker inspect does not show it" \
		not grep -q "$TOKEN" <<<"$(api 1 "/containers/$id/json")"
	# shellcheck disable=SC2046
	verdict "  not in the image" "none of its files has it" not grep -rqF "$TOKEN" $(layers somedatabase)
	answer=$(sql_of 1 "$id" 'SELECT COUNT(*) FROM items')
	verdict "  the database takes it as its password" "$answer items" same "$answer" 4
	d 1 rm -f "$id" >/dev/null
}

# layers IMAGE: the folders that its layers are kept in
layers()
{
	api 1 "/images/$1/json" | jq -r '.GraphDriver.Data | .UpperDir, .LowerDir' | tr ':' '\n'
}

# shellcheck disable=SC2016 # expanded in the container
# sql_of NODE CONTAINER STATEMENT: as the shop's user, over TCP; asked again while the database comes up
sql_of()
{
	local _
	for _ in $(seq 40); do
		d "$1" exec "$2" sh -c 'mariadb --no-defaults -N -h 127.0.0.1 -u shop \
			-p"$(cat /fsecret/api_token /run/secrets/api_token 2>/dev/null)" shop -e "$0"' "$3" 2>"$WORK/sql.err" && return
		sleep 0.5
	done
	return 1
}

shop_by_hand()
{
	local secret=(-v "$WORK/secrets:/fsecret:ro")
	must d 1 network create shop
	must d 1 run -d --name somedatabase --network shop --network-alias database "${secret[@]}" somedatabase
	must d 1 run -d --name app --network shop "${secret[@]}" app:1
	must d 1 run -d --name chat --network shop chat
	must d 1 run -d --name web --network shop -p 80:8080 web
	must wait_for 60 curl -fsS "http://10.77.0.1/api/health"
	shop_works http://10.77.0.1
}

# shop_works URL: a page, the items, a cart that is bought, two people in the chat
shop_works()
{
	local url=$1 answer total rows
	answer=$(curl -fsS "$url/")
	verdict "meBay: the first page" "$(grep -o '<h1>.*</h1>' <<<"$answer")" grep -q '<h1>meBay</h1>' <<<"$answer"
	answer=$(curl -fsS "$url/api/items")
	verdict "meBay: items from the database" "$(jq -r 'map(.name) | join("; ")' <<<"$answer")" same "$(jq length <<<"$answer")" 4
	curl -fsS "$url/api/cart" -d '{"customer": "ann", "item": 1, "amount": 2}' >/dev/null
	curl -fsS "$url/api/cart" -d '{"customer": "ann", "item": 3, "amount": 1}' >/dev/null
	total=$(curl -fsS "$url/api/order" -d '{"customer": "ann", "ref": "by-hand-1"}' | jq .total)
	rows=$(sql_of 1 somedatabase "SELECT total FROM orders WHERE ref = 'by-hand-1'")
	verdict "meBay: two anchors and a lantern are bought" "answered $total, in the database $rows" \
		same "$total $rows" "11090 11090"
	chat_works "$url"
}

chat_works()
{
	local url=$1/chat/anchors heard
	curl -fsSN --max-time 30 "$url" >"$WORK/chat" 2>/dev/null &
	wait_for 10 grep -q welcome "$WORK/chat"
	heard=$(curl -fsS "$url" -d 'is the anchor heavy?')
	wait_for 10 grep -q heavy "$WORK/chat"
	verdict "meBay: what one says in the chat, the other hears" "$(grep -h '^data' "$WORK/chat"), heard by $heard" \
		grep -qx 'data: is the anchor heavy?' "$WORK/chat"
	kill $! 2>/dev/null
}

# The application server again: a directory, a config.json, and no engine. It joins node 1's network namespace and finds the
# database there by its address, as a program of that machine would.
no_image()
{
	local bundle=$WORK/bundle address status answer
	note "containerize is not a Docker image: the same application server from a directory, by berth run"
	address=$(d 1 inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' somedatabase)
	mkdir -p "$bundle/rootfs/fsecret"
	tar -x -C "$bundle/rootfs" -f "$IMAGES/base.tar"
	tar -x -C "$bundle/rootfs" -f "$IMAGES/python.tar"
	cp "$HERE/shop/app/app.py" "$bundle/rootfs/srv/"
	must "$BERTH" spec --bundle "$bundle"
	jq --arg secrets "$WORK/secrets" --arg address "$address" '
		.process.args = ["python3", "/srv/app.py"] | .process.terminal = false | .process.user = {uid: 1000, gid: 1000} |
		.process.env += ["DATABASE=" + $address, "PORT=8123", "DRAIN=0"] | .hostname = "plain-directory" |
		.mounts += [{destination: "/fsecret", source: $secrets, options: ["bind", "ro"]}] |
		(.linux.namespaces[] | select(.type == "network")) += {path: "/run/netns/node1"}' \
		"$bundle/config.json" >"$bundle/new" && mv "$bundle/new" "$bundle/config.json"
	"$BERTH" --root "$RUN/berth" run --bundle "$bundle" mebay-app >"$WORK/berth.log" 2>&1 &
	wait_for 30 curl -fsS http://10.77.0.1:8123/api/health
	status=$("$BERTH" --root "$RUN/berth" state mebay-app | jq -r .status)
	verdict "  no image, no engine: berth state" "$status" same "$status" running
	answer=$(curl -fsS http://10.77.0.1:8123/api/items)
	verdict "  it answers as the one in docker does" "$(jq length <<<"$answer") items" \
		same "$answer" "$(curl -fsS http://10.77.0.1/api/items)"
	"$BERTH" --root "$RUN/berth" kill mebay-app TERM
	wait $!
	status="exit status $?, $("$BERTH" --root "$RUN/berth" list -q | wc -l) left"
	verdict "  and ends when told to" "$status" same "$status" "exit status 0, 0 left"
}
