"""One HTTP POST, with every failure told apart by one question: may it have arrived?

Retries are off: the outbox owns them.
"""

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2

from observatory.errors import Ambiguous, RateLimited, Refused, Unavailable

_TOO_MANY, _SERVER_ERROR = 429, 500
_MINUTE = timedelta(minutes=1)


def post(url: str, body: bytes, *, headers: Mapping[str, str], timeout: timedelta, place: str) -> str:
    """The answer's text when it is a success. `place` names the address in errors: it may be a secret itself.

    Raises:
        RateLimited, Refused, Ambiguous, Unavailable: as the `Messenger` port says.
    """
    local = _is_loopback(url)
    try:
        with httpx2.Client(timeout=timeout.total_seconds(), trust_env=not local) as client:
            answer = client.post(url, content=body, headers={"Content-Type": "application/json", **headers})
    except (
        httpx2.ConnectError,
        httpx2.ConnectTimeout,
        httpx2.ProxyError,
        httpx2.UnsupportedProtocol,
    ) as error:
        raise Unavailable(f"{place}: no connection: {type(error).__name__}") from None
    except httpx2.HTTPError as error:
        raise Ambiguous(f"{place} did not answer: {type(error).__name__}") from None
    return _judged(answer, place)


def _judged(answer: httpx2.Response, place: str) -> str:
    if answer.is_success:
        return answer.text
    if answer.status_code == _TOO_MANY:
        wait = _retry_after(answer.headers.get("retry-after", ""))
        raise RateLimited(
            f"{place} asks to wait {wait.total_seconds():g} s", code="ratelimited", retry_after=wait
        )
    if answer.status_code >= _SERVER_ERROR:
        raise Ambiguous(f"{place} answered {answer.status_code}")
    word = answer.text.strip()[:80] if answer.text.isprintable() else ""
    code = word if word and " " not in word else str(answer.status_code)
    raise Refused(f"{place} refused: {answer.status_code} {word}".rstrip(), code=code)


def _retry_after(said: str) -> timedelta:
    """Seconds, also fractional; a minute when it does not say."""
    try:
        seconds = float(said)
    except ValueError:
        return _MINUTE
    return timedelta(seconds=seconds) if 0 <= seconds < float("inf") else _MINUTE


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
