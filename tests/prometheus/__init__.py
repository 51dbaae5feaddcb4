"""Rules, alerts and runbooks of `deploy/prometheus/`, and a real Prometheus that goes by them."""
