"""Who may look: a bearer token for programs, a signed cookie for people who typed the token once.

The cookie is `<expiry>.<HMAC-SHA256 of it, keyed with the token>`: it does not hold the token, ends by itself,
and a new token ends every session.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from observatory.application.ports import Clock
from observatory.entrypoints.api.problems import is_for_programs, problem

COOKIE = "observatory_session"
SESSION = timedelta(days=14)
SIGN_IN = "/sign-in"
READING = frozenset({"GET", "HEAD"})


def same_secret(offered: str, secret: str) -> bool:
    """Compare in a time that does not tell how much was right."""
    return hmac.compare_digest(offered.encode(), secret.encode())


def session_value(secret: str, *, expires: datetime) -> str:
    """The cookie of someone who knew the token."""
    stamp = str(int(expires.timestamp()))
    return f"{stamp}.{_signature(secret, stamp)}"


def is_session(value: str, secret: str, *, now: datetime) -> bool:
    """Whether we made this cookie, with this token, and it has not expired."""
    stamp, _, signature = value.partition(".")
    if not same_secret(signature, _signature(secret, stamp)):
        return False
    return int(stamp) > now.timestamp()


def _signature(secret: str, stamp: str) -> str:
    message = f"observatory session until {stamp}"
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Guest:
    """Another program, which may send to a few paths with a secret of its own, and nothing else."""

    secret: str = field(repr=False)
    paths: tuple[str, ...]
    """What they begin with."""


class TokenRequired:
    """ASGI middleware: lets through the open paths and whoever proves to know the token."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        secret: str,
        clock: Clock,
        base: str,
        open_paths: Iterable[str],
        guest: Guest | None = None,
    ) -> None:
        self._app = app
        self._secret = secret
        self._clock = clock
        self._base = base
        self._open = frozenset(open_paths)
        self._guest = guest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or turn it away: 401 for programs, the sign-in page for people."""
        if scope["type"] == "http" and not self._may_pass(scope):
            await self._turned_away(scope)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        if _path(scope, self._base) in self._open:
            return True
        scheme, _, credentials = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_known(credentials.strip(), scope):
            return True
        cookie = HTTPConnection(scope).cookies.get(COOKIE, "")
        # A cookie travels with requests that other sites make, so it opens nothing but reading.
        return scope["method"] in READING and is_session(cookie, self._secret, now=self._clock.now())

    def _is_known(self, offered: str, scope: Scope) -> bool:
        if same_secret(offered, self._secret):
            return True
        guest = self._guest
        if guest is None or scope["method"] != "POST":
            return False
        return _path(scope, self._base).startswith(guest.paths) and same_secret(offered, guest.secret)

    def _turned_away(self, scope: Scope) -> Response:
        path = _path(scope, self._base)
        if is_for_programs(path) or scope["method"] not in READING:
            return problem(
                401,
                "A token is needed: send the header `Authorization: Bearer <OBSERVATORY_TOKEN>`.",
                headers={"WWW-Authenticate": 'Bearer realm="observatory"'},
            )
        query = scope["query_string"].decode("latin-1")
        wanted = quote(path + (f"?{query}" if query else ""), safe="")
        return RedirectResponse(f"{self._base}{SIGN_IN}?next={wanted}", status_code=303)


def _path(scope: Scope, base: str) -> str:
    path: str = scope["path"]
    return path.removeprefix(base) if path.startswith(f"{base}/") else path
