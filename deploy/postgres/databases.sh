#!/bin/bash
# Runs once, when the PostgreSQL container first starts: a database and a role for each service,
# so that none can read another's.
set -euo pipefail

: "${MUSTER_DATABASE_PASSWORD:?say which password the services log in with}"

for service in registry matching dispatch notify; do
    psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set name="muster_$service" --set password="$MUSTER_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
