#!/bin/sh
# postgresql.sh: see to it that PostgreSQL's server programs are installed; only the tests need them.
set -eu

# It refuses to run as root, who needs the user that the package makes.
may_run() {
    [ "$(id -u)" -ne 0 ] || getent passwd postgres >/dev/null
}

for program in /usr/lib/postgresql/*/bin/initdb; do
    if [ -f "$program" ] && may_run; then exit 0; fi
done

# Without it the tests that need it are skipped and say so, except where CI=true.
"$(dirname "$0")/packages.sh" PostgreSQL postgresql || [ "${CI:-}" != true ]
