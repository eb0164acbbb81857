# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Stage 2: a registry of one's own.

SHIPPED="app:1 app:2 app:3 chat:latest web:latest"

stage2()
{
	stage "Stage 2: images go through a registry of one's own"
	local image answer
	must d 1 run -d --name registry --restart always -p 5000:5000 registry
	must wait_for 30 curl -fsS "http://$REGISTRY/v2/"
	for image in $SHIPPED; do
		must d 1 tag "$image" "$REGISTRY/$image"
		must d 1 push -q "$REGISTRY/$image"
	done
	answer=$(curl -fsS "http://$REGISTRY/v2/_catalog" | jq -r '.repositories | join(" ")')
	verdict "docker push: what the registry has" "$answer" same "$answer" "app chat web"
	must d 2 pull -q "$REGISTRY/app:1"
	same_image
	answer=$(d 2 run --rm --entrypoint cat "$REGISTRY/app:1" /srv/app.py)
	verdict "what was pulled runs on the other node" "its app.py is ours, $(wc -l <<<"$answer") lines" \
		same "$answer" "$(cat "$HERE/shop/app/app.py")"
}

# the same bytes here, there and in between
same_image()
{
	local one two digest
	one=$(api 1 "/images/app:1/json" | jq -r .Id)
	two=$(api 2 "/images/$REGISTRY/app:1/json" | jq -r .Id)
	digest=$(curl -fsSI -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "http://$REGISTRY/v2/app/manifests/1" |
		tr -d '\r' | sed -n 's/^Docker-Content-Digest: //p')
	verdict "docker pull: the same image on node 2" "${two:0:19}..." same "$one" "$two"
	verdict "  and under the digest that the registry tells" "${digest:0:19}..." \
		same "$(api 2 "/images/$REGISTRY/app:1/json" | jq -r '.RepoDigests[0]')" "$REGISTRY/app@$digest"
}
