"""The dashboards as code. `make docs` writes them to `deploy/grafana/dashboards/*.json`.

Nothing of Muster is imported here: a dashboard knows metrics by name, as Prometheus does. What is
red and where a runbook lies is taken from the alerts in `deploy/prometheus/rules/`.
"""
