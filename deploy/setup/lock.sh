#!/bin/sh
# lock.sh PIP_COMPILE [OPTION...]: pin the requirements, without the address of any package index.
set -eu

compile=$1
shift

for lock in runtime development; do
    "$compile" "$@" --quiet --strip-extras \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
        --output-file "requirements/$lock.txt" "requirements/$lock.in"
done
