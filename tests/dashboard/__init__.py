"""The Grafana dashboard and the alerts of docs/deploy, on metrics of a real bot."""
