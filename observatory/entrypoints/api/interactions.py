"""/slack/interactions: Slack tells which button somebody pressed.

Slack wants an answer within three seconds; the deed usually takes milliseconds. When it takes longer, Slack gets its
answer first, and the person a word at the end.
"""

import asyncio
from typing import Annotated, Literal
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from observatory.application.actions import Door
from observatory.application.audit import Actor, Way
from observatory.application.press import PressButton, Pressed
from observatory.entrypoints.api.actors import Allowed
from observatory.entrypoints.api.problems import problem
from observatory.errors import ObservatoryError

PATH = "/slack/interactions"
_LARGEST = 512 * 1024
"""Bytes. Slack sends the whole message along, which is some ten thousand."""
_PATIENCE = 2.0
"""Seconds; a part of Slack's three is the network's."""
_LINKS = "open_"
"""Buttons that open an address are reported as well; there is nothing to do."""

router = APIRouter(include_in_schema=False)
_log = structlog.get_logger("observatory.interactions")
_under_way: set[asyncio.Task[None]] = set()
"""The event loop itself remembers tasks only weakly."""

Word = Annotated[str, StringConstraints(max_length=300)]


class _User(BaseModel):
    id: Annotated[Word, StringConstraints(min_length=1)]
    username: Word = ""


class _Action(BaseModel):
    action_id: Word
    action_ts: Word
    value: Annotated[str, StringConstraints(max_length=2_000)] = ""


class _Container(BaseModel):
    message_ts: Word = ""


class Interaction(BaseModel):
    """As much of Slack's `block_actions` payload as matters to us."""

    type: Literal["block_actions"]
    user: _User
    actions: list[_Action]
    container: _Container = _Container()
    response_url: Annotated[str, StringConstraints(max_length=3_000)] = ""

    def presses(self) -> list[Pressed]:
        """The buttons that ask something of us."""
        person = Actor(self.user.username or self.user.id, Way.SLACK, account=self.user.id)
        return [
            Pressed(
                one.action_id,
                one.value,
                person,
                f"{self.container.message_ts} {one.action_id} {one.action_ts}",
            )
            for one in self.actions[:10]
            if not one.action_id.startswith(_LINKS)
        ]


@router.post(PATH)
async def interactions(request: Request, allowed: Allowed) -> Response:
    """Check the signature over the raw body, then do what the button says."""
    if allowed.door is None:
        return problem(404, "Buttons need OBSERVATORY_SLACK_SIGNING_SECRET.")
    body = await _raw(request)
    if body is None:
        return problem(413, f"An interaction has at most {_LARGEST} bytes.")
    if not allowed.door.genuine(body, request.headers):
        return problem(401, "This was not signed by Slack within the last five minutes, or it came twice.")
    interaction = read_interaction(body)
    if interaction is None:
        return problem(400, "There is no block_actions payload in the form field `payload`.")
    doing = asyncio.create_task(run_in_threadpool(_carry_out, interaction, allowed.press, allowed.door))
    _under_way.add(doing)
    doing.add_done_callback(_under_way.discard)
    await asyncio.wait({doing}, timeout=_PATIENCE)
    return Response(status_code=200)


def read_interaction(body: bytes) -> Interaction | None:
    """The form's payload; None for anything else, however it is broken."""
    try:
        form = parse_qs(body.decode(), max_num_fields=20)
        return Interaction.model_validate_json(form["payload"][0])
    except (ValidationError, ValueError, KeyError):
        return None


async def _raw(request: Request) -> bytes | None:
    """The body as it came; None when there is more than we read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            return None
    return bytes(body)


def _carry_out(interaction: Interaction, press: PressButton, door: Door) -> None:
    """Do it, and tell the person what the message doesn't show."""
    for pressed in interaction.presses():
        try:
            answer = press(pressed)
            if answer is not None and interaction.response_url:
                door.whisper(interaction.response_url, answer)
        except ObservatoryError as error:
            _log.warning("answer_not_given", action=pressed.action, error=str(error))
        except Exception:  # noqa: BLE001 - nobody above is left to say it
            _log.exception("interaction_failed", action=pressed.action)
