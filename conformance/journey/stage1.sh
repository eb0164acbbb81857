# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Stage 1: containers, started by hand. And that to containerize is not to have a Docker image.

stage1()
{
	stage "Stage 1: each component in a container, started by hand"
	TOKEN=$(random token)
	secret_in_environment
	secret_in_folder
	shop_by_hand
	no_image
	d 1 rm -f somedatabase app chat web >/dev/null
	d 1 network rm shop >/dev/null
}

secret_in_environment()
{
	local id state
	id=$(d 1 run -d -e API_TOKEN="$TOKEN" somedatabase)
	state=$(api 1 "/containers/$id/json" | jq -r '.State.Status + ", the runtime is " + .HostConfig.Runtime')
	verdict "docker run -d -e API_TOKEN=... somedatabase" "$state" same "$state" "running, the runtime is berth"
	tells_secret "the secret is in the environment of the process" "env by docker exec" is d 1 exec "$id" env
	tells_secret "  and whoever may inspect the container reads it too" "docker inspect" is api 1 "/containers/$id/json"
	must d 1 commit "$id" of-environment
	tells_secret "  and whoever gets an image that is made of it" "the image's environment" is image_env of-environment
	d 1 rm -f "$id" >/dev/null
	d 1 rmi of-environment >/dev/null
}

# tells_secret STEP WHO is|"is not" COMMAND...: the secret is, or is not, in what COMMAND prints, which must be something
tells_secret()
{
	local step=$1 who=$2 wanted=$3 text there="is not"
	shift 3
	text=$("$@")
	[[ $text != *"$TOKEN"* ]] || there=is
	verdict "$step" "$who${text:+: it $there there}" same "$there$((${#text} > 0))" "${wanted}1"
}

image_env()
{
	api 1 "/images/$1/json" | jq -r '.Config.Env[]'
}

# DIR is read in the container and nowhere else
secret_in_folder()
{
	local id answer dir=$WORK/secrets
	mkdir -p "$dir"
	echo "$TOKEN" >"$dir/api_token"
	id=$(d 1 run -d -v "$dir:/fsecret:ro" somedatabase)
	tells_secret "docker run -d -v DIR:/fsecret:ro somedatabase" "/fsecret/api_token" is d 1 exec "$id" cat /fsecret/api_token
	answer=$(d 1 exec -u 0 "$id" sh -c 'echo x >/fsecret/api_token' 2>&1)
	verdict "  not writable, not even for root" "${answer##*: }" grep -q 'Read-only file system' <<<"$answer"
	tells_secret "  not in what docker says of the container" "docker inspect" "is not" api 1 "/containers/$id/json"
	answer=$(sql_of 1 "$id" 'SELECT COUNT(*) FROM items')
	verdict "  the database takes it as its password" "$answer items" same "$answer" 4
	not_in_image "$id"
	d 1 rm -f "$id" >/dev/null
}

# not_in_image CONTAINER: the secret is not in an image that is made of it, once the database has it. Two notes are put there, into
# the configuration and into a layer, and have to be found by the same search: so it has looked at both.
not_in_image()
{
	local note found
	note=$(random note)
	# shellcheck disable=SC2016 # expanded in the container
	must d 1 exec "$1" sh -c 'echo "$0" >/tmp/note' "layer-$note"
	must d 1 commit --change "LABEL note=config-$note" "$1" of-folder
	found=$(words_in of-folder "config-$note" "layer-$note" "$TOKEN")
	found=${found//"-$note"/ note}
	verdict "  not in an image that is made of it" "in docker save: ${found//"$TOKEN"/the secret}" same "$found" "config note, layer note"
	d 1 rmi of-folder >/dev/null
}

# words_in IMAGE WORD...: those that it has, wherever: docker save writes its configuration and its layers as they are
words_in()
{
	local image=$1
	shift
	d 1 save "$image" | LC_ALL=C grep -aohF "$(printf '%s\n' "$@")" | sort -u | paste -sd ',' | sed 's/,/, /g'
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
	chat_works "$url" "$url"
}

# chat_works URL URL: who listens at the first one hears what is said at the other
chat_works()
{
	local room=chat/anchors heard again=(--retry 20 --retry-delay 1 --retry-connrefused)
	: >"$WORK/chat"
	curl -fsSN "${again[@]}" "$1/$room" >>"$WORK/chat" 2>/dev/null &
	wait_for 30 grep -q welcome "$WORK/chat"
	heard=$(curl -fsS "${again[@]}" "$2/$room" -d 'is the anchor heavy?')
	becomes 10 "meBay: what one says in the chat, the other hears" "data: is the anchor heavy\?, heard by [1-9]" what_is_heard "$heard"
	kill $! 2>/dev/null
}

what_is_heard()
{
	echo "$(grep '^data' "$WORK/chat"), heard by $1"
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
