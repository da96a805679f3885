"""Pressed buttons, told to the bot as Slack does: signed, and with an address for an answer in private.

Signing as in docs.slack.dev, "Verifying requests from Slack"; written out here, since it is the other side's check.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import httpx2
from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, RedirectResponse, Response

from observatory.sandbox.slack.model import TEAM_ID, Posting
from observatory.sandbox.slack.sockets import Sockets
from observatory.sandbox.slack.workspace import SlackSaysNoError, Workspace

_PATIENCE = 3.0
"""Seconds after which Slack shows people a warning."""
_KEPT = 50


@dataclass(frozen=True, slots=True)
class RequestUrl:
    """Where the bot hears of pressed buttons, and the secret that signs them."""

    url: str
    signing_secret: str


class Press(BaseModel):
    """A press to send; `skew` (seconds) makes the signature older, or of the future."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    ts: str
    action_id: str
    user_id: str = "U0DEVELOPER"
    user_name: str = "developer"
    skew: int = 0


class Answered(BaseModel):
    """What the bot answered; status 0: nothing within three seconds."""

    status: int
    body: str = ""


class Interactions:
    """Sends presses to the request URL, and keeps what was answered in private."""

    def __init__(
        self,
        workspace: Workspace,
        target: RequestUrl | None,
        sockets: Sockets,
        *,
        clock: Callable[[], float],
        bot_url: Callable[[], str],
    ) -> None:
        self.whispers: list[tuple[str, str]] = []
        """Channel and text, oldest first."""
        self._workspace, self._target, self._sockets = workspace, target, sockets
        self._clock, self._bot_url = clock, bot_url
        self._addresses: dict[str, str] = {}

    async def press(self, press: Press) -> Answered:
        """Tell the bot of a pressed button.

        Raises:
            SlackSaysNoError: there is no such message, or no such button, or nobody to tell.
        """
        posting = self._workspace.posting(press.channel, press.ts)
        payload = self._payload(press, posting)
        if self._sockets.connected:
            return await self._press_by_socket(posting, payload)
        if self._target is None:
            raise SlackSaysNoError("no_request_url")
        return await self._press_by_request(self._target, posting, payload, skew=press.skew)

    @property
    def pressable(self) -> bool:
        """Whether anybody would hear of a press."""
        return self._target is not None or self._sockets.connected

    async def _press_by_socket(self, posting: Posting, payload: dict[str, Any]) -> Answered:
        if await self._sockets.send(payload, patience=_PATIENCE):
            return Answered(status=200)
        self._hear(posting.channel, "The bot did not answer: no acknowledgement within three seconds")
        return Answered(status=0)

    async def _press_by_request(
        self, target: RequestUrl, posting: Posting, payload: dict[str, Any], *, skew: int
    ) -> Answered:
        body = urlencode({"payload": json.dumps(payload)}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | self._signed(
            target, body, skew=skew
        )
        local = urlsplit(target.url).hostname in ("127.0.0.1", "localhost", "::1")
        try:
            async with httpx2.AsyncClient(timeout=_PATIENCE, trust_env=not local) as client:
                answer = await asyncio.wait_for(
                    client.post(target.url, content=body, headers=headers), _PATIENCE
                )
        except (httpx2.HTTPError, TimeoutError) as error:
            self._hear(posting.channel, f"The bot did not answer: {type(error).__name__} {error}".rstrip())
            return Answered(status=0)
        if not answer.is_success:
            self._hear(posting.channel, f"The bot answered {answer.status_code}.")
        return Answered(status=answer.status_code, body=answer.text[:2_000])

    def answer(self, address: str, text: str) -> bool:
        """What the bot says to the person alone; False for an address that nobody was given."""
        channel = self._addresses.get(address)
        if channel is None:
            return False
        self._hear(channel, text)
        return True

    def _hear(self, channel: str, text: str) -> None:
        self.whispers = [*self.whispers, (channel, text)][-_KEPT:]
        self._workspace.revision += 1

    def _signed(self, target: RequestUrl, body: bytes, *, skew: int) -> dict[str, str]:
        timestamp = str(int(self._clock()) - skew)
        base = b"v0:" + timestamp.encode() + b":" + body
        digest = hmac.new(target.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}

    def _payload(self, press: Press, posting: Posting) -> dict[str, Any]:
        address = secrets.token_hex(12)
        self._addresses[address] = posting.channel
        container = {"type": "message", "message_ts": posting.ts, "channel_id": posting.channel}
        return {
            "type": "block_actions",
            "team": {"id": TEAM_ID},
            "user": {"id": press.user_id, "username": press.user_name, "team_id": TEAM_ID},
            "container": container,
            "channel": {"id": posting.channel},
            "message": {"ts": posting.ts, "text": posting.text, "blocks": posting.blocks},
            "response_url": f"{self._bot_url()}/responses/{address}",
            "actions": [_button(posting, press.action_id) | {"action_ts": f"{self._clock():.6f}"}],
        }


def interaction_routes(interactions: Interactions) -> APIRouter:
    """Presses by people (a form of the page) and by programs, and the addresses for answers."""
    router = APIRouter()

    @router.post("/admin/presses", status_code=201)
    async def press(press: Press) -> Answered:
        return await interactions.press(press)

    @router.post("/archives/{channel}/{ts}/presses", include_in_schema=False)
    async def press_on_page(channel: str, ts: str, action_id: Annotated[str, Form()]) -> Response:
        await interactions.press(Press(channel=channel, ts=ts, action_id=action_id))
        return RedirectResponse(f"/archives/{channel}#p{ts.replace('.', '')}", status_code=303)

    @router.post("/responses/{address}", include_in_schema=False)
    async def respond(address: str, request: Request) -> Response:
        try:
            text = str((await request.json())["text"])
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"ok": False, "error": "invalid_payload"}, status_code=400)
        found = interactions.answer(address, text)
        return JSONResponse({"ok": found}, status_code=200 if found else 404)

    return router


def _button(posting: Posting, action_id: str) -> dict[str, Any]:
    for block in posting.blocks:
        for element in block.get("elements", ()):
            if element.get("type") == "button" and element.get("action_id") == action_id:
                return {key: element[key] for key in ("type", "action_id", "value", "text") if key in element}
    raise SlackSaysNoError("no_such_button")
