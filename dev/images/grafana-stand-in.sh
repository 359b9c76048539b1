#!/bin/sh
# Looks at what Grafana would be given, and ends where Grafana would fail; then serves two
# pages: /api/health, and one that says what this is.
set -eu
test -s "$GF_SECURITY_ADMIN_PASSWORD__FILE"
for kind in datasources dashboards; do
	cat "$GF_PATHS_PROVISIONING/$kind"/*.yml >/dev/null
done
sed -n 's/^ *path: //p' "$GF_PATHS_PROVISIONING"/dashboards/*.yml | while read -r folder; do
	cat "$folder"/*.json >/dev/null
done
echo "started" >>"$GF_PATHS_DATA/stand-in.log"
mkdir -p /tmp/www/api
echo '{"database": "none", "version": "stand-in"}' >/tmp/www/api/health
echo 'This is no Grafana, but a stand-in for it: see docs/deploying.md.' | tee /tmp/www/index.html
trap 'exit 0' TERM INT
busybox httpd -f -p 3000 -h /tmp/www &
wait
