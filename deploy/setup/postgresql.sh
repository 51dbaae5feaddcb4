#!/bin/sh
# postgresql.sh: see to it that PostgreSQL's server programs are installed; only the tests need them.
set -eu

for program in /usr/lib/postgresql/*/bin/initdb; do
    [ ! -f "$program" ] || exit 0
done

# Without it the tests that need it are skipped and say so, except where CI=true.
"$(dirname "$0")/packages.sh" PostgreSQL postgresql || [ "${CI:-}" != true ]
