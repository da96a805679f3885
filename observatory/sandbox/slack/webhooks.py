"""Incoming webhooks: one address a channel that takes a message and says `ok`, and nothing else.

Answers as in docs.slack.dev, "Sending messages using incoming webhooks": the status tells, the body is a word.
"""

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from observatory.sandbox.slack.faults import Faults
from observatory.sandbox.slack.model import TEAM_ID, Posting
from observatory.sandbox.slack.troubles import go_wrong
from observatory.sandbox.slack.workspace import SlackSaysNoError, Workspace

METHOD = "incoming-webhook"
"""What faults call a post to an incoming webhook."""
_PATH = f"/services/{TEAM_ID}/{{channel}}/{{secret}}"
_STATUS = {"channel_not_found": 404, "is_archived": 410, "not_in_channel": 403, "invalid_payload": 400}
_WORDS = {"is_archived": "channel_is_archived", "not_in_channel": "action_prohibited"}


def webhook_path(channel: str) -> str:
    """The path of a channel's webhook; the development Slack takes any secret."""
    return _PATH.format(channel=channel, secret="development")  # noqa: S106 - it guards nothing


def webhook_routes(workspace: Workspace, faults: Faults) -> APIRouter:
    """The addresses; one for every channel there is."""
    router = APIRouter(include_in_schema=False)

    @router.post(_PATH)
    async def post(channel: str, secret: str, request: Request) -> Response:  # noqa: ARG001 - any will do
        body = await request.body()
        fault = faults.take(METHOD, channel)
        if fault is None:
            return _answer(workspace, channel, body)
        return await go_wrong(fault, lambda: _answer(workspace, channel, body), _says_no)

    return router


def _answer(workspace: Workspace, channel: str, body: bytes) -> Response:
    try:
        workspace.post(_posting(channel, body))
    except SlackSaysNoError as refused:
        return _says_no(refused)
    return PlainTextResponse("ok")


def _posting(channel: str, body: bytes) -> Posting:
    try:
        message: Any = json.loads(body)
    except ValueError:
        raise SlackSaysNoError("invalid_payload") from None
    if not isinstance(message, dict):
        raise SlackSaysNoError("invalid_payload")
    return Posting(
        channel=channel,
        ts="",
        text=str(message.get("text") or ""),
        blocks=message.get("blocks") or [],
        thread_ts=message.get("thread_ts"),
        attachments=message.get("attachments") or [],
    )


def _says_no(refused: SlackSaysNoError) -> Response:
    if refused.retry_after is not None:
        body = {"retry_after": refused.retry_after, "ok": False, "error": "rate_limited"}
        return JSONResponse(body, status_code=429, headers={"Retry-After": str(refused.retry_after)})
    word = _WORDS.get(refused.code, refused.code)
    return PlainTextResponse(word, _STATUS.get(refused.code, 400))
