#!/bin/bash
# Makes every secret that docker-compose.yml hands to the containers, in deploy/secrets/ (or the
# directory named): passwords and TLS certificates. What is there stays; run it again at any time.
#
#   deploy/secrets.sh
#
# Only you may enter the directory. The files in it can be read by everybody who is let in, because
# each container runs as another user; and a container is given only the files it needs.
set -euo pipefail
umask 077

here=$(cd "$(dirname "$0")" && pwd)
directory=${1:-$here/secrets}
mkdir -p "$directory"

"$here/tls/certificates.sh" "$directory" rabbitmq postgres

new_password() {
    if [[ ! -e $directory/$1 ]]; then
        openssl rand -hex 32 >"$directory/$1"
    fi
}

new_password postgres_superuser
new_password grafana_admin
for service in registry matching dispatch notify; do
    new_password "amqp_$service"
    new_password "database_$service"
    new_password "database_owner_$service"
done

find "$directory" -type f ! -name ca.key -exec chmod 0444 {} +
