#!/bin/bash
# Runs once, when the PostgreSQL container first starts: for each service a database and two roles.
#
#   muster_<service>_owner   owns the tables; only `muster migrate` logs in with it
#   muster_<service>         reads and writes rows; it can neither change nor drop a table
#
# Neither gets into the database of another service. The passwords are files, as deploy/secrets.sh
# makes them. For a server of your own: MUSTER_SECRETS=deploy/secrets deploy/postgres/databases.sh,
# with the PG… variables of libpq for a superuser's login.
set -euo pipefail

secrets=${MUSTER_SECRETS:-/run/secrets}

for service in registry matching dispatch notify; do
    OWNER_PASSWORD=$(<"$secrets/database_owner_$service") \
    PASSWORD=$(<"$secrets/database_$service") \
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname postgres \
        --username "${POSTGRES_USER:-${PGUSER:-postgres}}" --set name="muster_$service" <<'SQL'
\set owner :name '_owner'
\getenv owner_password OWNER_PASSWORD
\getenv password PASSWORD
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"owner";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"name";
\connect :"name"
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"name";
-- Of every table that a migration will make.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"name";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO :"name";
SQL
done
