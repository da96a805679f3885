"""One request to an outside system, its failures told apart as the error tree tells them."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from weakref import finalize

import httpx2

from observatory.errors import Ambiguous, DefinitionError, RateLimited, Refused, Unavailable

_LONGEST = 500
_RETRY_AFTER = 60
_TOO_MANY = 429
LIMIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a system wants to be shown. Secrets are left out of the repr, and of every message."""

    bearer_token: str | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: Path | None = None


class Http:
    """A system at an address, which may have a path of its own."""

    def __init__(
        self, system: str, url: str, credentials: Credentials, *, timeout: timedelta = LIMIT
    ) -> None:
        """Check address and credentials; nothing is sent yet.

        Args:
            system: its name in messages.
            url: its address; a user and password in it are sent, and never shown.
            credentials: shown with every request.
            timeout: of connecting, and of waiting for each piece of an answer.

        Raises:
            DefinitionError: the address, a header or the certificate file can't be used.
        """
        self._system = system
        self._timeout = timeout
        address = _address(system, url)
        self._shown = f"{system} at {address.copy_with(username=None, password=None)}"
        self._client = httpx2.Client(
            base_url=address,
            headers=_headers(system, credentials),
            auth=httpx2.BasicAuth(*credentials.basic) if credentials.basic else None,
            verify=_trusted(credentials.ca_file),
            timeout=timeout.total_seconds(),
        )
        finalize(self, self._client.close)

    def get(
        self, path: str, *, params: Mapping[str, Any] | None = None, absent: bool = False
    ) -> httpx2.Response | None:
        """An answer of 200; None on 404 where `absent` says that this may be.

        Raises:
            Refused: any other answer below 500.
            Unavailable: no answer, or one of 500 and above.
        """
        return self.send("GET", path, params=params, absent=absent)

    def send(
        self,
        method: Literal["GET", "POST", "PUT", "DELETE"],
        path: str,
        *,
        absent: bool = False,
        **body: Any,
    ) -> httpx2.Response | None:
        """As `get` does; where something is changed and no answer comes, nobody knows whether it was.

        Raises:
            Ambiguous: the request may have been carried out.
        """
        try:
            response = self._client.request(method, path, **body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, httpx2.PoolTimeout) as error:
            raise Unavailable(f"{self._shown} can't be reached: {error}") from error
        except httpx2.TransportError as error:
            why = f"{self._shown} did not answer {method} {path} ({type(error).__name__}, limit {self._timeout.total_seconds():g} s)"
            if method == "GET":
                raise Unavailable(why) from error
            raise Ambiguous(
                f"{why}; it may have been carried out: run the same again, which looks first"
            ) from error
        if response.status_code == httpx2.codes.NOT_FOUND and absent:
            return None
        if not response.is_success:
            raise self._failure(response, f"{method} {path}")
        return response

    def garbled(self, path: str, error: Exception) -> Unavailable:
        """A good status, but not the answer that the system gives."""
        return Unavailable(
            f"{self._shown} answered {path} with something else than expected ({type(error).__name__}):"
            f" is this the address of {self._system}?"
        )

    def _failure(self, response: httpx2.Response, request: str) -> Refused | Unavailable:
        status, said = response.status_code, _said(response)
        what = f"{self._shown} answered {request} with {status}{said}"
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            return Unavailable(what)
        if status == _TOO_MANY:
            seconds = _seconds(response.headers.get("retry-after", ""))
            return RateLimited(
                f"{what}; come back in {seconds} s", code="429", retry_after=timedelta(seconds=seconds)
            )
        if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
            return Refused(f"{what}: is the token right, and may it do this?", code=str(status))
        if response.is_redirect:
            target = response.headers.get("location", "nowhere")
            return Refused(f"{what}, a redirect to {target}: use the final address", code=str(status))
        return Refused(what, code=_code(response))


def _address(system: str, url: str) -> httpx2.URL:
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise DefinitionError(f"{url!r} is no address of {system}: {error}") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise DefinitionError(
            f"{url!r} is no address of {system}; write it like https://{system.lower()}.example"
        )
    return address


def _headers(system: str, credentials: Credentials) -> dict[str, str]:
    headers = dict(credentials.headers)
    if credentials.bearer_token is not None:
        headers["Authorization"] = f"Bearer {credentials.bearer_token}"
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise DefinitionError(
                f"the header {name} for {system} has characters that no header can carry:"
                " is there a line break at the end of the secret?"
            )
    return headers


def _trusted(ca_file: Path | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise DefinitionError(f"{ca_file} holds no certificates that can be read: {error}") from error


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _said(response: httpx2.Response) -> str:
    """What the system said, in a line."""
    body = _json(response)
    text = str(body.get("message") or body.get("error") or response.text)
    line = " ".join(text.split())
    return f" ({line[:_LONGEST]})" if line else ""


def _code(response: httpx2.Response) -> str:
    """Grafana names a reason in `status`; everybody else has the number."""
    return str(_json(response).get("status") or response.status_code)


def _seconds(retry_after: str) -> int:
    return int(retry_after) if retry_after.isdigit() else _RETRY_AFTER
