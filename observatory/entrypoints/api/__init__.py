"""The HTTP interface: JSON for programs, /metrics for Prometheus, probes for whoever runs us."""
