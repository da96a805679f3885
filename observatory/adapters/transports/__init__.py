"""Ways to people beside Slack's API, each behind the `Messenger` port: what was sent there stays as it was sent."""

from observatory.adapters.transports.email import Email, SmtpServer
from observatory.adapters.transports.incoming_webhook import IncomingWebhook
from observatory.adapters.transports.webhook import Webhook, signature

__all__ = ["Email", "IncomingWebhook", "SmtpServer", "Webhook", "signature"]
