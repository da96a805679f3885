"""`build(settings, **replacements)`: the only place that names adapters."""
