"""Signing in with the token, out again, and the files that pages need."""

from datetime import timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from observatory.entrypoints.api.access import COOKIE, SESSION, SIGN_IN, same_secret, session_value
from observatory.entrypoints.api.state import Configured, LookedAt, base_path
from observatory.entrypoints.portal.rendering import Pages

router = APIRouter()

_A_YEAR = timedelta(days=365)


def _pages(request: Request) -> Pages:
    return cast(Pages, request.app.state.pages)


Shown = Annotated[Pages, Depends(_pages)]


@router.get(SIGN_IN)
def sign_in_page(request: Request, shown: Shown, next: str = "/") -> Response:  # noqa: A002 - the query's own word
    """Ask for the token."""
    return shown.show(request, "sign_in.html", wanted=_local(next), wrong=False)


@router.post(SIGN_IN)
def sign_in(
    request: Request,
    shown: Shown,
    views: LookedAt,
    settings: Configured,
    token: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the form's own word
) -> Response:
    """Give a cookie to whoever knows the token."""
    base = base_path(settings)
    if settings.token is None:
        return RedirectResponse(f"{base}/", 303)
    secret = settings.token.get_secret_value()
    if not same_secret(token.strip(), secret):
        return shown.show(request, "sign_in.html", status=401, wanted=_local(next), wrong=True)
    answer = RedirectResponse(base + _local(next), 303)
    answer.set_cookie(
        COOKIE,
        session_value(secret, expires=views.clock.now() + SESSION),
        max_age=int(SESSION.total_seconds()),
        path=base or "/",
        secure=request.url.scheme == "https" or (settings.public_url or "").startswith("https://"),
        httponly=True,
        samesite="lax",  # strict would ask for the token again behind every link in Slack
    )
    return answer


@router.post("/sign-out")
def sign_out(settings: Configured) -> Response:
    """Take the cookie back."""
    base = base_path(settings)
    answer = RedirectResponse(f"{base}{SIGN_IN}", 303)
    answer.delete_cookie(COOKIE, path=base or "/")
    return answer


def _local(path: str) -> str:
    """A page of ours to go on to; anything that a browser could take for another host becomes the first page."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_local else "/"


class _Kept(StaticFiles):
    """Files whose address changes with their content (`?v=`), so browsers need not ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = f"public, max-age={int(_A_YEAR.total_seconds())}, immutable"
        return answer


def static_files() -> StaticFiles:
    """The stylesheet, the refresh script and the icon."""
    return _Kept(packages=[("observatory.entrypoints.portal", "static")])
