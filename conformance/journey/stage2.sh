# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Stage 2: a registry of one's own.

SHIPPED="app:1 app:2 app:3 chat:latest somedatabase:latest web:latest"

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
	verdict "docker push: what the registry has" "$answer" same "$answer" "app chat somedatabase web"
	for image in app:1 chat:latest somedatabase:latest web:latest; do
		must d 2 pull -q "$REGISTRY/$image"
		same_image "${image%:*}" "${image#*:}"
	done
	answer=$(d 2 run --rm --entrypoint cat "$REGISTRY/app:1" /srv/app.py)
	verdict "what was pulled runs on the other node" "its app.py is ours, $(wc -l <<<"$answer") lines" \
		same "$answer" "$(cat "$HERE/shop/app/app.py")"
}

# same_image NAME TAG: the same bytes here, there and in between
same_image()
{
	local one two told digest
	one=$(api 1 "/images/$1:$2/json" | jq -r .Id)
	two=$(api 2 "/images/$REGISTRY/$1:$2/json" | jq -r '.Id + " " + .RepoDigests[0]')
	told=${two#* } two=${two% *} # the name at the registry and the digest; the image
	digest=$(curl -fsSI -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "http://$REGISTRY/v2/$1/manifests/$2" |
		tr -d '\r' | sed -n 's/^Docker-Content-Digest: //p')
	verdict "docker pull: the same $1 on node 2" "${one:0:19}..., there ${two:0:19}..." same "$one" "$two"
	verdict "  and under the digest that the registry tells" "${digest:0:19}..., there $(cut -c 1-19 <<<"${told#*@}")..." \
		same "$told" "$REGISTRY/$1@$digest"
}
