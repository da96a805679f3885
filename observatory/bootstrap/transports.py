"""The ways to people beside Slack's API, as far as the settings name them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from observatory.adapters.transports import Email, IncomingWebhook, SmtpServer, Webhook
from observatory.application.ports import Clock, Messenger
from observatory.settings import Settings


@dataclass(frozen=True, slots=True)
class Transports:
    """Messengers by the word that their destinations begin with, and the destinations, first choice first."""

    by_name: Mapping[str, Messenger] = field(default_factory=dict)
    destinations: Sequence[str] = ()


def transports(settings: Settings, clock: Clock) -> Transports:
    """Slack's incoming webhook first (people look there anyway), then a webhook of one's own, then e-mail.

    Raises:
        DefinitionError: the SMTP server's address is none.
    """
    by_name: dict[str, Messenger] = {}
    destinations: list[str] = []
    if settings.slack_webhook_url is not None:
        by_name["slack-webhook"] = IncomingWebhook(settings.slack_webhook_url.get_secret_value())
        destinations.append("slack-webhook:default")
    if settings.webhook_url is not None and settings.webhook_secret is not None:
        secret = settings.webhook_secret.get_secret_value()
        by_name["webhook"] = Webhook(settings.webhook_url.get_secret_value(), secret=secret, clock=clock)
        destinations.append("webhook:default")
    if settings.smtp_url is not None and settings.email_from is not None:
        server = SmtpServer.read(settings.smtp_url.get_secret_value())
        by_name["email"] = Email(server, sender=settings.email_from, clock=clock)
        destinations += [f"email:{address}" for address in settings.email_to]
    return Transports(by_name, tuple(destinations))
