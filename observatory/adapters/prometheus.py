"""The Prometheus adapter."""
