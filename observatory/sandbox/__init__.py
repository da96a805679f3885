"""A small world to try the product in: a development Slack and an organisation of demo services."""
