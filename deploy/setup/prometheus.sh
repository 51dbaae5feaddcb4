#!/bin/sh
# prometheus.sh: see to it that Prometheus and Alertmanager are installed, with promtool and amtool.
# Muster's tests start private ones, and so does whoever follows docs/how-to/watch-a-running-muster.md.
set -eu

installed() {
    for program in "$@"; do
        command -v "$program" >/dev/null || return 1
    done
}

if installed prometheus promtool prometheus-alertmanager amtool; then exit 0; fi

# Without them the tests that need them are skipped and say so, except where CI=true.
"$(dirname "$0")/packages.sh" Prometheus prometheus prometheus-alertmanager || [ "${CI:-}" != true ]
