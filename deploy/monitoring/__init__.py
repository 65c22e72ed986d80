"""What Prometheus and Grafana need of the hub: an exporter of what only the brokers know, alert rules, a dashboard."""
