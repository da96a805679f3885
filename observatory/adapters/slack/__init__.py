"""Slack: one client, one judge of its answers, and what is done with them."""

from observatory.adapters.slack.channels import SlackChannels
from observatory.adapters.slack.files import SlackFiles
from observatory.adapters.slack.messenger import SlackMessenger
from observatory.adapters.slack.socket_mode import SocketMode

__all__ = ["SlackChannels", "SlackFiles", "SlackMessenger", "SocketMode"]
