"""Slack, as far as the settings have the secrets for it."""

from observatory.adapters.slack import SlackMessenger
from observatory.adapters.slack_interactions import SlackSignatures, SlackWhispers
from observatory.application.actions import Door
from observatory.application.ports import Clock, Messenger
from observatory.settings import Settings


def slack(settings: Settings) -> Messenger | None:
    """The way to channels, or None without a token."""
    if settings.slack_token is None:
        return None
    return SlackMessenger(settings.slack_token.get_secret_value(), base_url=settings.slack_api_url)


def door(settings: Settings, clock: Clock) -> Door | None:
    """The way back from buttons, or None without a signing secret."""
    if settings.slack_signing_secret is None:
        return None
    signatures = SlackSignatures(settings.slack_signing_secret.get_secret_value(), clock)
    return Door(signatures.genuine, SlackWhispers(settings.slack_api_url).whisper)
