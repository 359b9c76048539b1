#!/bin/sh
# Makes what no registry has to give: an image for every name in docker-compose.yml and
# in the Dockerfile, of Debian's packages and of what this repository builds. An image
# that is there under such a name and was not made here (a real one) stays.
#
# COMPOSE is Docker Compose, PROGRAMS the folder of Temporal's programs.
set -eu
cd "$(dirname "$0")"
compose=$COMPOSE
label=foxflow.stand-in

# What the others are made of: Debian, and busybox for what Alpine's images have of it.
# Builders trust whom this machine trusts.
base=foxflow/debian:bookworm
if ! docker image inspect "$base" >/dev/null 2>&1; then
	echo "making $base"
	files=$(mktemp --suffix=.tar)
	trap 'rm -f "$files"' EXIT
	mmdebstrap --quiet --variant=minbase --include=busybox-static,ca-certificates,locales,tzdata \
		--customize-hook='upload /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt' \
		bookworm "$files"
	docker import --change "LABEL $label='Debian, made by mmdebstrap'" "$files" "$base" >/dev/null
fi

# How Temporal's images start their programs is in its modules.
module() { go list -C .. -m -f '{{.Dir}}' "$1"; }
server=$(module go.temporal.io/server) ui=$(module github.com/temporalio/ui-server/v2)
install -m 755 "$server/docker/scripts/sh/entrypoint.sh" "$ui/docker/start-ui-server.sh" "$PROGRAMS"
install -m 644 "$ui/config/docker.yaml" "$PROGRAMS"

GOROOT=$(go env GOROOT)
# Bake is a program of its own, which Docker's packages may lack.
export GOROOT PROGRAMS COMPOSE_BAKE=false
services=
for service in $($compose -f compose.yml config --services | sort); do
	image=$($compose -f compose.yml config --images "$service")
	if docker image inspect "$image" >/dev/null 2>&1 &&
		[ -z "$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$image")" ]; then
		echo "$image is there, and no stand-in: it stays"
	else
		services="$services $service"
	fi
done
# One after the other: they share Debian's archive and this machine's disk.
for service in $services; do
	said=$($compose -f compose.yml build --progress plain "$service" 2>&1) || { echo "$said" >&2; exit 1; }
	echo "made $($compose -f compose.yml config --images "$service")"
done
