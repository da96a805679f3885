"""Slack through slack_sdk, with every failure told apart by one question: may the message have been posted?

The SDK's own retries are off: its default handler posts again after a dropped connection, which doubles alerts.
"""

import http.client
import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
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
_Request = Callable[[], SlackResponse]
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
        answer = self._as_member(
            channel,
            lambda: self._client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=_blocks(message),
                thread_ts=thread_ts,
                metadata=_metadata(delivery_id),
                unfurl_links=False,
                unfurl_media=False,
                client_msg_id=str(uuid.uuid5(uuid.NAMESPACE_URL, delivery_id)),
            ),
            call=_write,
        )
        return self._posted(answer["channel"], answer["ts"])

    def update(
        self, channel: str, ts: str, message: Message, *, delivery_id: str, root_id: str | None = None
    ) -> Posted:
        """Edit in place. Blocks and metadata go along every time: Slack drops or keeps old ones otherwise."""
        answer = _write(
            lambda: self._client.chat_update(
                channel=channel,
                ts=ts,
                text=message.text,
                blocks=_blocks(message) or [],
                metadata=_metadata(delivery_id, root_id=root_id),
            )
        )
        return Posted(channel=answer["channel"], ts=answer["ts"])

    def find(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Read history back to `since` (a thread's when `thread_ts` is given) for the message with this delivery id."""
        found = self._carrying(channel, delivery_id, since=since, thread_ts=thread_ts)
        return self._posted(channel, found[0]) if found else None

    def copies(self, channel: str, delivery_id: str, *, since: datetime) -> Sequence[Posted]:
        """As `find`, and every one."""
        found = self._carrying(channel, delivery_id, since=since, thread_ts=None)
        return [self._posted(channel, ts) for ts in found]

    def _carrying(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None
    ) -> Sequence[str]:
        """The `ts` of the messages with this delivery id, oldest first."""
        oldest = f"{(since - _OVERLAP).timestamp():.6f}"
        history = self._history(channel, oldest=oldest, thread_ts=thread_ts)
        return sorted((one["ts"] for one in history if delivery_id in _carried(one)), key=float)

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message of ours."""
        try:
            _read(lambda: self._client.chat_delete(channel=channel, ts=ts))  # done twice is done once
        except Refused as error:
            if error.code != "message_not_found":
                raise

    def _as_member(
        self, channel: str, request: _Request, *, call: Callable[[_Request], SlackResponse]
    ) -> SlackResponse:
        """Make a call; where only membership is missing and the channel is public, join it and try once more."""
        try:
            return call(request)
        except Refused as error:
            if error.code != "not_in_channel" or not self._join(channel):
                raise
            return call(request)

    def _join(self, channel: str) -> bool:
        """Whether we are in the channel now; a private one has to invite us."""
        try:
            _read(lambda: self._client.conversations_join(channel=channel))
        except (Refused, Unavailable):
            return False
        return True

    def _history(self, channel: str, *, oldest: str, thread_ts: str | None) -> Iterator[dict[str, Any]]:
        """Every message since `oldest`, page by page.

        Raises:
            Unavailable: there is more than we read, so "not found" would be a guess.
        """
        cursor: str | None = None
        for _ in range(_PAGES):
            read = partial(self._page, channel, oldest, thread_ts, cursor)
            page = self._as_member(channel, read, call=_read)
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


def _write(call: _Request) -> SlackResponse:
    """Call a method that changes something; what broke off after the request left us is ambiguous."""
    return _translated(call, unanswered=Ambiguous)


def _read(call: _Request) -> SlackResponse:
    """Call a method that only looks: whatever broke off, nothing has happened."""
    return _translated(call, unanswered=Unavailable)


def _translated(call: _Request, *, unanswered: type[Unavailable]) -> SlackResponse:
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


def _metadata(delivery_id: str, *, root_id: str | None = None) -> dict[str, Any]:
    root = {} if root_id is None else {"root_id": root_id}
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": delivery_id} | root}


def _carried(message: Mapping[str, Any]) -> set[str]:
    """The delivery ids in a message's metadata: its own, and its root's when it has been edited."""
    payload = message.get("metadata", {}).get("event_payload", {})
    return {payload[key] for key in ("delivery_id", "root_id") if key in payload}
