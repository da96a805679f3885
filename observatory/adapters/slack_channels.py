"""What Slack says of a channel (`conversations.info`; scopes `channels:read` and `groups:read`)."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx2

from observatory.errors import RateLimited, Refused, Unavailable
from observatory.outputs.routes import Reach

_GONE = {"channel_not_found", "not_in_channel"}


class SlackChannels:
    """Asks whether the app may post to a channel."""

    def __init__(self, token: str, *, base_url: str, timeout: timedelta = timedelta(seconds=10)) -> None:
        self._token = token
        self._url = f"{base_url.rstrip('/')}/conversations.info"
        self._timeout = timeout.total_seconds()

    def reach(self, channel: str) -> Reach:
        """Whether messages to this channel would arrive.

        Raises:
            RateLimited, Refused: Slack refuses to say; `missing_scope` names what the app lacks.
            Unavailable: Slack did not answer.
        """
        body = self._ask(channel)
        if body.get("ok"):
            return _reach(body["channel"])
        if body.get("error") in _GONE:
            return Reach.MISSING
        code = str(body.get("error", "unknown"))
        needed = f"; it needs the scope {body['needed']}" if body.get("needed") else ""
        raise Refused(f"Slack does not say whether {channel} can be reached: {code}{needed}", code=code)

    def _ask(self, channel: str) -> dict[str, Any]:
        try:
            answer = httpx2.post(
                self._url,
                data={"channel": channel},
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=self._timeout,
                trust_env=not _is_loopback(self._url),
            )
        except httpx2.HTTPError as error:
            raise Unavailable(f"Slack did not answer: {error}") from error
        if answer.status_code == httpx2.codes.TOO_MANY_REQUESTS:
            seconds = answer.headers.get("retry-after", "")
            wait = timedelta(seconds=float(seconds) if seconds.replace(".", "", 1).isdigit() else 60)
            raise RateLimited(f"Slack asks to wait {wait}", code="ratelimited", retry_after=wait)
        if answer.is_server_error:
            raise Unavailable(f"Slack answered {answer.status_code}")
        try:
            body = answer.json()
        except ValueError as error:
            raise Unavailable(f"Slack answered {answer.status_code} and no JSON") from error
        return body if isinstance(body, dict) else {}


def _reach(channel: dict[str, Any]) -> Reach:
    if channel.get("is_archived"):
        return Reach.ARCHIVED
    if channel.get("is_member"):
        return Reach.JOINED
    return Reach.PRIVATE if channel.get("is_private") else Reach.PUBLIC


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
