"""Catalog and time to PromQL: the only author of PromQL, one query for many SLOs."""
