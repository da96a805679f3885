"""The ways in: command line, API, portal, scheduler. Translate, call, translate back."""
