#!/bin/bash
# As the public image's entry script does it: makes the cluster and runs what is in
# /docker-entrypoint-initdb.d on a server that listens to nobody, then starts it for all.
set -euo pipefail

if [[ ! -s $PGDATA/PG_VERSION ]]; then
    initdb --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" --auth-local peer \
        --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8
    echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
    pg_ctl --wait --options "${*:2} -c listen_addresses=''" start
    for script in /docker-entrypoint-initdb.d/*.sh; do
        POSTGRES_USER=postgres bash "$script"
    done
    pg_ctl --wait --mode fast stop
fi
exec "$@"
