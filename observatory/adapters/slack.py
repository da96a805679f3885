"""Slack through slack_sdk, with every failure told apart by one question: may the message have been posted?

The SDK's own retries are off: its default handler posts again after a dropped connection, which doubles alerts.
"""

import http.client
import ssl
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.client import HTTPResponse
from ipaddress import ip_address
from math import ceil, isfinite
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import BaseHandler, HTTPHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse, WebClient

from observatory.application.ports import Posted
from observatory.errors import Ambiguous, RateLimited, Refused, Unavailable
from observatory.outputs.message import Message

EVENT_TYPE = "slo_alert"
_RATE_LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_MAYBE_DONE = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
_OVERLAP = timedelta(seconds=60)
"""Slack's clock and ours differ; history is read from this much before the attempt."""
_PAGE, _PAGES = 100, 20


class SlackMessenger:
    """The `Messenger` port over Slack's Web API, or the development Slack's."""

    def __init__(
        self,
        token: str,
        *,
        base_url: str = "https://slack.com/api/",
        timeout: timedelta = timedelta(seconds=10),
    ) -> None:
        self._client = _Client(
            token=token,
            base_url=base_url if base_url.endswith("/") else f"{base_url}/",
            timeout=ceil(timeout.total_seconds()),
            retry_handlers=[],
        )

    def check(self) -> str:
        """Ask Slack who the token is (`auth.test`): the bot's name and workspace.

        Raises:
            RateLimited, Refused, Unavailable: as `find` does.
        """
        answer = _read(self._client.auth_test)
        return f"{answer['user']} in {answer['team']}"

    def post(
        self, channel: str, message: Message, *, delivery_id: str, thread_ts: str | None = None
    ) -> Posted:
        """Post a message; the delivery id travels in `metadata`, where `find` sees it, and as `client_msg_id`."""
        answer = _write(
            lambda: self._client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=_blocks(message),
                thread_ts=thread_ts,
                metadata=_metadata(delivery_id),
                unfurl_links=False,
                unfurl_media=False,
                client_msg_id=str(uuid.uuid5(uuid.NAMESPACE_URL, delivery_id)),
            )
        )
        return self._posted(answer["channel"], answer["ts"])

    def update(self, channel: str, ts: str, message: Message, *, delivery_id: str) -> Posted:
        """Edit in place. Blocks and metadata go along every time: Slack drops or keeps old ones otherwise."""
        answer = _write(
            lambda: self._client.chat_update(
                channel=channel,
                ts=ts,
                text=message.text,
                blocks=_blocks(message) or [],
                metadata=_metadata(delivery_id),
            )
        )
        return Posted(channel=answer["channel"], ts=answer["ts"])

    def find(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Read history back to `since` (a thread's when `thread_ts` is given) for the message with this delivery id."""
        oldest = f"{(since - _OVERLAP).timestamp():.6f}"
        for message in self._history(channel, oldest=oldest, thread_ts=thread_ts):
            if message.get("metadata", {}).get("event_payload", {}).get("delivery_id") == delivery_id:
                return self._posted(channel, message["ts"])
        return None

    def _history(self, channel: str, *, oldest: str, thread_ts: str | None) -> Iterator[dict[str, Any]]:
        """Every message since `oldest`, page by page.

        Raises:
            Unavailable: there is more than we read, so "not found" would be a guess.
        """
        cursor: str | None = None
        for _ in range(_PAGES):
            page = _read(lambda cursor=cursor: self._page(channel, oldest, thread_ts, cursor))  # type: ignore[misc]  # mypy can't infer a lambda's default
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
        raise Unavailable(f"more than {_PAGE * _PAGES} messages in {channel} since {oldest}")

    def _page(self, channel: str, oldest: str, thread_ts: str | None, cursor: str | None) -> SlackResponse:
        if thread_ts is None:
            return self._client.conversations_history(
                channel=channel, oldest=oldest, cursor=cursor, limit=_PAGE, include_all_metadata=True
            )
        return self._client.conversations_replies(
            channel=channel,
            ts=thread_ts,
            oldest=oldest,
            cursor=cursor,
            limit=_PAGE,
            include_all_metadata=True,
        )

    def _posted(self, channel: str, ts: str) -> Posted:
        """Where a message is. It has been posted by now, so a permalink that can't be had is no failure."""
        try:
            link = _read(lambda: self._client.chat_getPermalink(channel=channel, message_ts=ts))
        except (Refused, Unavailable):
            return Posted(channel=channel, ts=ts)
        return Posted(channel=channel, ts=ts, permalink=link["permalink"])


class _NotConnected(OSError):  # noqa: N818 - names the cause, as the error tree does
    """No connection came about, so nothing of the request has left us."""


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        with _Connecting():
            super().connect()


class _Tls(http.client.HTTPSConnection):
    def connect(self) -> None:
        with _Connecting():
            super().connect()


class _Connecting:
    """Marks what goes wrong while a connection is made: name, address, tunnel, certificate."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise _NotConnected(str(error)) from error


class _PlainHandler(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Plain, req)


class _TlsHandler(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Tls, req, context=ssl.create_default_context())


class _Client(WebClient):
    """The SDK's client over connections that know whether they ever came about; loopback goes past every proxy."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        handlers: list[BaseHandler] = [_PlainHandler(), _TlsHandler()]
        if _is_loopback(url):
            handlers.append(ProxyHandler({}))
        with build_opener(*handlers).open(req, timeout=self.timeout) as response:
            body = response.read().decode(response.headers.get_content_charset() or "utf-8")
            return {"status": response.code, "headers": response.headers, "body": body}


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _write(call: Callable[[], SlackResponse]) -> SlackResponse:
    """Call a method that changes something; what broke off after the request left us is ambiguous."""
    return _translated(call, unanswered=Ambiguous)


def _read(call: Callable[[], SlackResponse]) -> SlackResponse:
    """Call a method that only looks: whatever broke off, nothing has happened."""
    return _translated(call, unanswered=Unavailable)


def _translated(call: Callable[[], SlackResponse], *, unanswered: type[Unavailable]) -> SlackResponse:
    try:
        return call()
    except SlackApiError as error:
        raise _said_no(error.response, unanswered=unanswered) from error
    except HTTPError as error:
        raise unanswered(f"Slack answered {error.code} and broke off") from error
    except URLError as error:
        if isinstance(error.reason, _NotConnected):
            raise Unavailable(f"no connection to Slack: {error.reason}") from error
        raise unanswered(f"Slack did not answer: {error.reason}") from error
    except (OSError, http.client.HTTPException, UnicodeDecodeError, SlackClientError) as error:
        raise unanswered(f"Slack did not answer: {type(error).__name__} {error}".rstrip()) from error


def _said_no(response: SlackResponse, *, unanswered: type[Unavailable]) -> Refused | Unavailable:
    """Slack's answer as one of our errors: by status first, since an error page has no code."""
    status = response.status_code
    data: object = response.data
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == http.client.TOO_MANY_REQUESTS or code in _RATE_LIMITED:
        wait = _retry_after(response.headers)
        return RateLimited(
            f"Slack asks to wait {wait.total_seconds():g} s", code=code or "ratelimited", retry_after=wait
        )
    if status >= http.client.INTERNAL_SERVER_ERROR or code in _MAYBE_DONE:
        return unanswered(f"Slack answered {status} {code}".rstrip())
    return Refused(f"Slack refused: {code or status}", code=code or str(status))


def _retry_after(
    headers: Any,
) -> timedelta:  # SlackResponse types it as a plain dict; it is an email.Message or a dict
    """Seconds, also fractional; a minute when Slack does not say."""
    raw = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(raw)
    except ValueError:
        return timedelta(minutes=1)
    return timedelta(seconds=seconds) if isfinite(seconds) and seconds >= 0 else timedelta(minutes=1)


def _blocks(message: Message) -> list[dict[str, Any]] | None:
    return [dict(block) for block in message.blocks] or None


def _metadata(delivery_id: str) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": delivery_id}}
