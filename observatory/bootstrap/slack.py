"""Slack, as far as the settings have the secrets for it."""

from observatory.adapters.slack import SlackFiles, SlackMessenger, SlackSignatures, SlackWhispers
from observatory.application.actions import Door
from observatory.application.ports import Clock, Messenger, Pictures
from observatory.settings import Settings


def slack(settings: Settings) -> Messenger | None:
    """The way to channels, or None without a token."""
    if settings.slack_token is None:
        return None
    return SlackMessenger(settings.slack_token.get_secret_value(), base_url=settings.slack_api_url)


def pictures(settings: Settings) -> Pictures | None:
    """The way to show charts, or None without a token."""
    if settings.slack_token is None:
        return None
    return SlackFiles(settings.slack_token.get_secret_value(), base_url=settings.slack_api_url)


def door(settings: Settings, clock: Clock) -> Door | None:
    """The way back from buttons, or None without a signing secret and without Socket Mode."""
    secret = settings.slack_signing_secret
    if secret is None and settings.slack_app_token is None:
        return None
    genuine = None if secret is None else SlackSignatures(secret.get_secret_value(), clock).genuine
    return Door(genuine, SlackWhispers(settings.slack_api_url).whisper)
