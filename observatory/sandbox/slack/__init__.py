"""A development Slack: a believable peer of the Web API, with a page to read the channels and trouble on order."""

from observatory.sandbox.slack.app import SLACKS_PACE, create_app
from observatory.sandbox.slack.interactions import RequestUrl
from observatory.sandbox.slack.server import Running, running, serve
from observatory.sandbox.slack.workspace import Pace

__all__ = ["SLACKS_PACE", "Pace", "RequestUrl", "Running", "create_app", "running", "serve"]
