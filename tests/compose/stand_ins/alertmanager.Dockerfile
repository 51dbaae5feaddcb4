# Stands in for prom/alertmanager:v0.27.0 where no registry can be reached: Debian's Alertmanager.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install --yes --no-install-recommends prometheus-alertmanager \
    && install -d -o nobody -g nogroup /alertmanager
USER nobody
VOLUME /alertmanager
ENTRYPOINT ["/usr/bin/prometheus-alertmanager"]
