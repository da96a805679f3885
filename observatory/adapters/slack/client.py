"""The SDK's client over connections that know whether they ever came about.

The SDK's own retries are off: its default handler posts again after a dropped connection, which doubles alerts.
"""

import http.client
import ssl
from datetime import timedelta
from http.client import HTTPResponse
from ipaddress import ip_address
from math import ceil
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from slack_sdk.web import SlackResponse, WebClient

TIMEOUT = timedelta(seconds=10)


class NotConnected(OSError):  # noqa: N818 - names the cause, as the error tree does
    """No connection came about, so nothing of the request has left us."""


class SlackClient(WebClient):
    """Slack's Web API, or the development Slack's; loopback goes past every proxy, and nobody sends us elsewhere."""

    def __init__(self, token: str | None = None, *, base_url: str, timeout: timedelta = TIMEOUT) -> None:
        super().__init__(
            token=token,
            base_url=base_url if base_url.endswith("/") else f"{base_url}/",
            timeout=ceil(timeout.total_seconds()),
            retry_handlers=[],
        )

    def send(self, url: str, content: bytes) -> SlackResponse:
        """Send bytes to an address that a method gave out; the answer's status says all, and is judged as a method's.

        Raises:
            SlackApiError: by any status but 200, as for a method.
        """
        headers = {"Content-Type": "application/octet-stream"}
        request = Request(url, data=content, headers=headers, method="POST")  # noqa: S310 - by http or https alone
        try:
            answer = self._perform_urllib_http_request_internal(url, request)
        except HTTPError as error:
            answer = {"status": error.code, "headers": error.headers}
        status = int(answer["status"])
        response = SlackResponse(
            client=self,
            http_verb="POST",
            api_url="upload",
            req_args={},
            data={"ok": status == http.client.OK},
            headers=dict(answer["headers"]),
            status_code=status,
        )
        response.validate()  # type: ignore[no-untyped-call]  # the SDK's
        return response

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        with _opener(url).open(req, timeout=self.timeout) as response:
            body = response.read().decode(response.headers.get_content_charset() or "utf-8")
            return {"status": response.code, "headers": response.headers, "body": body}


def _opener(url: str) -> OpenerDirector:
    """Opens http and https alone, and follows no redirect, which would take the token to whoever it names."""
    opener = OpenerDirector()
    proxies = ProxyHandler({} if _is_loopback(url) else None)
    for handler in (
        proxies,
        _PlainHandler(),
        _TlsHandler(),
        UnknownHandler(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _Connecting:
    """Marks what goes wrong while a connection is made: name, address, tunnel, certificate."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise NotConnected(str(error)) from error


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        with _Connecting():
            super().connect()


class _Tls(http.client.HTTPSConnection):
    def connect(self) -> None:
        with _Connecting():
            super().connect()


class _PlainHandler(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Plain, req)


class _TlsHandler(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Tls, req, context=ssl.create_default_context())


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
