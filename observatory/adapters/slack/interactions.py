"""Slack's requests to us: is this one Slack's, and an answer that only the person who pressed sees.

Signing as in docs.slack.dev, "Verifying requests from Slack": v0 HMAC-SHA256 over the raw body.
"""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from threading import Lock
from urllib.parse import urlsplit

import httpx2
from slack_sdk.signature import Clock as SdkClock
from slack_sdk.signature import SignatureVerifier

from observatory.application.ports import Clock
from observatory.errors import Refused, Unavailable

_REMEMBERED = timedelta(minutes=10)
"""Twice the age at which a signature is refused anyway, whichever way the clocks differ."""
_SLACKS_HOST = "hooks.slack.com"


class SlackSignatures:
    """Tells Slack's requests from others', and lets each pass once."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._verifier = SignatureVerifier(secret, clock=_Seconds(clock))
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._lock = Lock()

    def genuine(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether Slack signed this raw body within five minutes, and we have not seen the signature before.

        `headers` by their names in lower case.
        """
        timestamp = headers.get("x-slack-request-timestamp", "")
        signature = headers.get("x-slack-signature", "")
        try:
            valid = self._verifier.is_valid(body, timestamp, signature)
        except Exception:  # noqa: BLE001 - the SDK raises three kinds at what strangers send, and none is Slack's
            return False
        return valid and self._is_new(signature)

    def _is_new(self, signature: str) -> bool:
        now = self._clock.now().timestamp()
        with self._lock:
            self._seen = {one: until for one, until in self._seen.items() if until > now}
            if signature in self._seen:
                return False
            self._seen[signature] = now + _REMEMBERED.total_seconds()
            return True


class _Seconds(SdkClock):
    """Our clock as the SDK reads one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


class SlackWhispers:
    """Answers to a `response_url`; `api_url` is where our own calls go, so that the development Slack is answered too."""

    def __init__(self, api_url: str, *, timeout: timedelta = timedelta(seconds=5)) -> None:
        self._own = urlsplit(api_url).netloc
        self._timeout = timeout.total_seconds()

    def whisper(self, response_url: str, text: str) -> None:
        """Tell the person who pressed, and nobody else.

        Raises:
            Refused: this is no address of Slack's, or Slack said no.
            Unavailable: Slack did not answer.
        """
        try:
            target = urlsplit(response_url)
        except ValueError:
            target = urlsplit("")
        is_slack = target.scheme == "https" and target.netloc == _SLACKS_HOST
        if not is_slack and (target.scheme not in ("http", "https") or target.netloc != self._own):
            raise Refused(f"{response_url[:200]!r} is no address of Slack's", code="bad_response_url")
        body = {"response_type": "ephemeral", "replace_original": False, "text": text}
        try:
            answer = httpx2.post(
                response_url, json=body, timeout=self._timeout, trust_env=not _is_loopback(target.hostname)
            )
        except httpx2.HTTPError as error:
            raise Unavailable(f"Slack did not answer: {error}") from error
        if not answer.is_success:
            raise Refused(f"Slack refused an answer: {answer.status_code}", code=str(answer.status_code))


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
