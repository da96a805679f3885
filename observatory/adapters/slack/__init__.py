"""Slack: one client, one judge of its answers, and what is done with them; whether what comes in is Slack's."""

from observatory.adapters.slack.channels import SlackChannels
from observatory.adapters.slack.files import SlackFiles
from observatory.adapters.slack.interactions import SlackSignatures, SlackWhispers
from observatory.adapters.slack.messenger import SlackMessenger
from observatory.adapters.slack.socket_mode import SocketMode

__all__ = ["SlackChannels", "SlackFiles", "SlackMessenger", "SlackSignatures", "SlackWhispers", "SocketMode"]
