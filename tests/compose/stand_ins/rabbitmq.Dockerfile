# Stands in for rabbitmq:3.13.7 where no registry can be reached: Debian's RabbitMQ, with the user,
# directories and plugins of the public image.
ARG BASE
FROM ${BASE}
RUN groupadd --gid 999 rabbitmq \
    && useradd --uid 999 --gid 999 --home-dir /var/lib/rabbitmq rabbitmq \
    && apt-get update && apt-get install --yes --no-install-recommends rabbitmq-server \
    && rm -rf /var/lib/rabbitmq && install -d -o rabbitmq -g rabbitmq -m 0777 /var/lib/rabbitmq \
    && install -d /etc/rabbitmq/conf.d
ENV HOME=/var/lib/rabbitmq PATH=/usr/lib/rabbitmq/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
VOLUME /var/lib/rabbitmq
CMD ["rabbitmq-server"]
