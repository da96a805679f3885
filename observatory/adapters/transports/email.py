"""E-mail over SMTP: what follows on a message answers it, so that mail programs show one thread."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from observatory.adapters.transports.unalterable import Unalterable
from observatory.application.ports import Clock, Posted
from observatory.errors import Ambiguous, DefinitionError, RateLimited, Refused, Unavailable
from observatory.outputs.letter import letter
from observatory.outputs.message import Message

_TEMPORARY = range(400, 500)
_GREYLISTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in. `smtps` speaks TLS from the start, `smtp` as soon as the server offers it."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = None

    @classmethod
    def read(cls, url: str) -> "SmtpServer":
        """From `smtp://host`, `smtp://user:password@host:587`, `smtps://…`.

        Raises:
            DefinitionError: it is no such URL. It is not repeated: it may hold a password.
        """
        wrong = (
            "smtp_url is no SMTP address: write smtp://user:password@host:587 or smtps://user:password@host"
        )
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise DefinitionError(wrong) from None
        if host is None or parts.scheme not in ("smtp", "smtps"):
            raise DefinitionError(wrong)
        tls = parts.scheme == "smtps"
        user, password = (
            None if part is None else unquote(part) for part in (parts.username, parts.password)
        )
        return cls(host, port or (465 if tls else 587), tls, user, password)


class Email(Unalterable):
    """The `Messenger` port over an SMTP server; a destination is `email:` and an address."""

    def __init__(
        self, server: SmtpServer, *, sender: str, clock: Clock, timeout: timedelta = timedelta(seconds=10)
    ) -> None:
        self._server, self._sender, self._clock, self._timeout = server, sender, clock, timeout

    def post(
        self, channel: str, message: Message, *, delivery_id: str, thread_ts: str | None = None
    ) -> Posted:
        """Hand in one mail; `ts` is its Message-ID, and `thread_ts` that of the mail it answers."""
        mail = self._mail(channel.removeprefix("email:"), message, delivery_id, thread_ts)
        with ExitStack() as stack:
            with self._faults(unanswered=Unavailable):
                connection = self._connect()
                stack.callback(connection.close)
                self._greet(connection)
            with self._faults(unanswered=Ambiguous):
                connection.send_message(mail)
        return Posted(channel=channel, ts=str(mail["Message-ID"]))

    @contextmanager
    def _faults(self, *, unanswered: type[Unavailable]) -> Iterator[None]:
        """Errors in our words; `unanswered` is what a connection that breaks off means at this stage."""
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            raise self._said_no(*next(iter(error.recipients.values()))) from None
        except smtplib.SMTPResponseException as error:
            raise self._said_no(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            raise unanswered(f"{self._server.host} did not answer: {type(error).__name__}") from None

    def _connect(self) -> smtplib.SMTP:
        server, seconds = self._server, self._timeout.total_seconds()
        if server.tls:
            trusted = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=trusted)
        return smtplib.SMTP(server.host, server.port, timeout=seconds)

    def _greet(self, connection: smtplib.SMTP) -> None:
        """TLS where it is offered, then who we are."""
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
        if self._server.user is not None:
            connection.login(self._server.user, self._server.password or "")

    def _mail(self, to: str, message: Message, delivery_id: str, answers: str | None) -> EmailMessage:
        words = letter(message)
        mail = EmailMessage()
        mail["Subject"] = words.subject
        mail["From"], mail["To"] = self._sender, to
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = f"<{delivery_id}@{Address(addr_spec=self._sender).domain or 'observatory'}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
        if answers is not None:
            mail["In-Reply-To"] = mail["References"] = answers
        mail.set_content(words.body)
        return mail

    def _said_no(self, code: int, words: bytes | str) -> Refused:
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        said = f"{self._server.host} refused: {code} {' '.join(text.split())[:200]}"
        if code in _TEMPORARY:  # RFC 5321: a temporary failure, such as greylisting; nothing was taken
            return RateLimited(said, code=str(code), retry_after=_GREYLISTED)
        return Refused(said, code=str(code))
