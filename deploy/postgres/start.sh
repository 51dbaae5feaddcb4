#!/bin/bash
# Starts PostgreSQL in its container with TLS, and with our pg_hba.conf.
set -euo pipefail

# It refuses a key that anybody but its own user may read.
install --mode 0600 /run/secrets/postgres.key /var/run/postgresql/server.key

exec docker-entrypoint.sh postgres \
    -c ssl=on \
    -c ssl_cert_file=/run/secrets/postgres.pem \
    -c ssl_key_file=/var/run/postgresql/server.key \
    -c ssl_min_protocol_version=TLSv1.2 \
    -c password_encryption=scram-sha-256 \
    -c hba_file=/etc/muster/pg_hba.conf
