#!/bin/sh
# Makes what docker-compose.yml reads: secrets/ (passwords, keys, tokens; git ignores
# it) and, in .env, the user that foxflow's containers run as. What is there stays, and
# gets the right owner and mode: run it again whenever you put a file there.
set -eu
umask 077
cd "$(dirname "$0")/.."
starter=${STARTER:-bin/starter}

# The containers run as whoever calls this, so that they can read what that user alone
# may read. Nobody runs as root: root's containers get the user of the images.
uid=$(id -u) gid=$(id -g)
if [ "$uid" = 0 ]; then
	uid=65532 gid=65532
fi

mkdir -p secrets
# The folder keeps everybody else on this machine out, whatever the modes within.
chmod 700 secrets

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
password_file() { echo "*:*:*:$1:$(random)"; } # HOST:PORT:DATABASE:ROLE:PASSWORD

# once FILE COMMAND…: the file is whole or not there.
once() {
	file=secrets/$1
	shift
	if [ ! -s "$file" ]; then
		"$@" >"$file.new"
		mv "$file.new" "$file"
		echo "made $file"
	fi
}
once postgres-password random
once temporal-pgpass password_file temporal
once foxflow-owner-pgpass password_file foxflow_owner
once foxflow-pgpass password_file foxflow
once keyset.json "$starter" keyset new
once codec-token random
once simulator-api-key random
once grafana-password random

# Files that images read whose users differ (PostgreSQL, Temporal, Grafana); the rest is
# for foxflow's own user, and a keyset that others can read would be refused.
shared='postgres-password temporal-pgpass foxflow-owner-pgpass foxflow-pgpass grafana-password'
for file in secrets/*; do
	case " $shared " in
	*" ${file#secrets/} "*) chmod 444 "$file" ;;
	*) chmod 400 "$file" ;;
	esac
	if [ "$(id -u)" = 0 ]; then
		chown "$uid:$gid" "$file"
	fi
done

# Configuration is no secret, and is mounted into containers of other users.
chmod -R a+rX deploy

{
	if [ -f .env ]; then
		sed '/^FOXFLOW_UID=/d; /^FOXFLOW_GID=/d' .env
	fi
	echo "FOXFLOW_UID=$uid"
	echo "FOXFLOW_GID=$gid"
} >.env.new
mv .env.new .env

if [ ! -s secrets/foxreload-api-key ]; then
	echo 'Your FoxReload partner key is missing. Put it into secrets/foxreload-api-key, for'
	echo 'example with an editor, and run this again. (The demo needs none.)'
fi
