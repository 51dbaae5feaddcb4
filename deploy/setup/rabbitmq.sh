#!/bin/sh
# rabbitmq.sh: see to it that RabbitMQ is installed. `muster up` runs a private node from it.
set -eu

# A broker of the user's own needs no other.
[ -z "${MUSTER_AMQP_URL:-}" ] || exit 0

# The places that muster/cli/node.py looks at.
for script in \
    /usr/lib/rabbitmq/bin/rabbitmq-server \
    /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server \
    /opt/rabbitmq/sbin/rabbitmq-server \
    /opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server \
    /usr/local/opt/rabbitmq/sbin/rabbitmq-server; do
    [ ! -f "$script" ] || exit 0
done

exec "$(dirname "$0")/packages.sh" RabbitMQ rabbitmq-server
