#!/bin/sh
# packages.sh NAME PACKAGE... : install Debian packages if this user may, else say which are missing.
#
# What is installed is not started: Muster runs nodes of its own and touches nobody else's.
set -eu

name=$1
shift

missing() {
    echo "$name is missing: install it with 'apt-get install $*' (as root), then run make again." >&2
    exit 1
}

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    missing "$@"
fi
command -v apt-get >/dev/null || missing "$@"

# Debian asks this file whether a new package may start its service. Ours must not stay behind, or
# no service that is installed later would start; and a shell that Ctrl-C ends forgets its EXIT.
policy=/usr/sbin/policy-rc.d
ours="made by Muster's setup"
log=$(mktemp)
trap 'exit 130' HUP INT TERM
trap 'rm -f "$log"' EXIT
if [ ! -e "$policy" ] || grep -q "$ours" "$policy"; then
    trap '$as_root rm -f "$policy"; rm -f "$log"' EXIT
    printf '#!/bin/sh\n# %s\nexit 101\n' "$ours" | $as_root tee "$policy" >/dev/null
    $as_root chmod +x "$policy"
fi

echo "$name is missing: installing $* ..."
if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    missing "$@"
fi
