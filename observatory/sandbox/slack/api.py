"""The HTTP face of the methods: token, body, faults, and answers as Slack words them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from observatory.sandbox.slack.faults import Faults
from observatory.sandbox.slack.methods import Methods
from observatory.sandbox.slack.tiers import Tiers
from observatory.sandbox.slack.troubles import go_wrong
from observatory.sandbox.slack.workspace import SlackSaysNoError

_SCOPES = "chat:write,channels:read,channels:history,channels:join,files:write,groups:read,groups:history"
_APP_METHODS = {"apps.connections.open"}
"""Called with the app's own token, `xapp-…`."""


def api_routes(
    methods: Methods,
    faults: Faults,
    *,
    token: str | None,
    tiers: Tiers | None = None,
    called_at: Callable[[str], object],
) -> APIRouter:
    """`POST /api/<method>` (and GET, as Slack allows). `token` None takes every bot token.

    `called_at` is told the address that each call came to.
    """
    router = APIRouter(prefix="/api")

    @router.api_route("/{method}", methods=["GET", "POST"])
    async def call(method: str, request: Request) -> Response:
        arguments = await _arguments(request)
        called_at(str(request.base_url))
        given = _token(request, arguments)
        refused = _judge_token(given, token, method) or _judge_pace(given, tiers, method)
        if refused is not None:
            return _says_no(refused)
        fault = faults.take(method, arguments.get("channel") or arguments.get("channel_id"))
        if fault is None:
            return _answer(methods, method, arguments)
        return await go_wrong(fault, lambda: _answer(methods, method, arguments), _says_no)

    return router


def _answer(methods: Methods, method: str, arguments: Mapping[str, Any]) -> Response:
    try:
        return JSONResponse(methods.call(method, arguments), headers={"X-OAuth-Scopes": _SCOPES})
    except SlackSaysNoError as refused:
        return _says_no(refused)


def _says_no(refused: SlackSaysNoError) -> Response:
    body = {"ok": False, "error": refused.code}
    if refused.retry_after is None:
        return JSONResponse(body)
    return JSONResponse(body, status_code=429, headers={"Retry-After": str(refused.retry_after)})


def _token(request: Request, arguments: Mapping[str, Any]) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ") or str(
        arguments.get("token") or ""
    )


def _judge_token(given: str, token: str | None, method: str) -> SlackSaysNoError | None:
    if not given:
        return SlackSaysNoError("not_authed")
    if method in _APP_METHODS:
        return None if given.startswith("xapp-") else SlackSaysNoError("not_allowed_token_type")
    good = given == token if token is not None else given.startswith("xoxb-")
    return None if good else SlackSaysNoError("invalid_auth")


def _judge_pace(given: str, tiers: Tiers | None, method: str) -> SlackSaysNoError | None:
    wait = None if tiers is None else tiers.wait(given, method)
    return None if wait is None else SlackSaysNoError("ratelimited", retry_after=wait)


async def _arguments(request: Request) -> dict[str, Any]:
    """Query, form and JSON, as Slack takes all three. What is not JSON counts as nothing said."""
    arguments: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(await request.body())
        except ValueError:
            return arguments
        return arguments | (body if isinstance(body, dict) else {})
    return arguments | dict(await request.form())
