"""Pictures in Slack's threads: an address is asked for, the bytes go there, and then they are shared.

The bytes go from us to Slack, so that it works from behind a firewall, where Slack could fetch nothing. Steps as in
docs.slack.dev, "Working with files" (scope `files:write`).
"""

from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx2

from observatory.application.ports.pictures import Picture
from observatory.errors import RateLimited, Refused, Unavailable

_RATE_LIMITED = {"ratelimited", "rate_limited"}


class SlackFiles:
    """The `Pictures` port over Slack's Web API, or the development Slack's."""

    def __init__(self, token: str, *, base_url: str, timeout: timedelta = timedelta(seconds=10)) -> None:
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = timeout.total_seconds()

    def attached(self, channel: str, ts: str, name: str) -> bool:
        """Look through the thread; its first hundred answers will do, since a picture comes early."""
        where = {"channel": channel, "ts": ts, "limit": "100"}
        thread = self._call(f"{self._base}/conversations.replies", where)
        return any(file.get("name") == name for one in thread["messages"] for file in one.get("files", ()))

    def attach(self, channel: str, ts: str, picture: Picture) -> None:
        """Upload and share."""
        asked = {
            "filename": picture.name,
            "length": str(len(picture.content)),
            "alt_txt": picture.alternative,
        }
        opened = self._call(f"{self._base}/files.getUploadURLExternal", asked)
        self._send(opened["upload_url"], content=picture.content)
        shared = {
            "files": [{"id": opened["file_id"], "title": picture.title}],
            "channel_id": channel,
            "thread_ts": ts,
        }
        self._read(self._send(f"{self._base}/files.completeUploadExternal", json=shared))

    def _call(self, url: str, arguments: dict[str, str]) -> dict[str, Any]:
        return self._read(self._send(url, data=arguments))

    def _send(self, url: str, **body: Any) -> httpx2.Response:
        try:
            answer = httpx2.post(
                url, headers=self._headers, timeout=self._timeout, trust_env=not _is_loopback(url), **body
            )
        except httpx2.HTTPError as error:
            raise Unavailable(f"Slack did not answer: {error}") from error
        if answer.status_code == httpx2.codes.TOO_MANY_REQUESTS:
            seconds = answer.headers.get("retry-after", "")
            wait = timedelta(seconds=float(seconds) if seconds.replace(".", "", 1).isdigit() else 60)
            raise RateLimited(f"Slack asks to wait {wait}", code="ratelimited", retry_after=wait)
        if answer.is_server_error:
            raise Unavailable(f"Slack answered {answer.status_code}")
        if not answer.is_success:
            raise Refused(f"Slack refused a file: {answer.status_code}", code=str(answer.status_code))
        return answer

    def _read(self, answer: httpx2.Response) -> dict[str, Any]:
        try:
            body = answer.json()
        except ValueError as error:
            raise Unavailable("Slack answered without JSON") from error
        if isinstance(body, dict) and body.get("ok"):
            return body
        code = str(body.get("error", "unknown")) if isinstance(body, dict) else "unknown"
        if code in _RATE_LIMITED:
            raise RateLimited("Slack asks to wait", code=code, retry_after=timedelta(minutes=1))
        raise Refused(f"Slack refused a file: {code}", code=code)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
