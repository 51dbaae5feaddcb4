#!/bin/sh
# venv.sh DIRECTORY LOCK: make the virtual environment if there is none, and install a lock into it.
set -eu

venv=$1
lock=$2
here=$(dirname "$0")

usable() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null && usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or 3.12 is missing: install it, or name it with 'make PYTHON=/path/to/it'." >&2
    return 1
}

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    # Debian keeps what makes environments in a package of its own.
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        "$here/packages.sh" "Python's venv module" python3-venv
    "$python" -m venv --clear "$venv"
fi

echo "Installing $lock into $venv ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
