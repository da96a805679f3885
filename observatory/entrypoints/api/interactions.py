"""/slack/interactions: Slack tells which button somebody pressed.

Slack wants an answer within three seconds; the deed usually takes milliseconds. When it takes longer, Slack gets its
answer first, and the person a word at the end.
"""

import asyncio
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from observatory.entrypoints.api.actors import Allowed
from observatory.entrypoints.api.bodies import bounded
from observatory.entrypoints.api.problems import problem
from observatory.entrypoints.presses import Interaction, carry_out, read_interaction

PATH = "/slack/interactions"
_LARGEST = 512 * 1024
"""Bytes. Slack sends the whole message along, which is some ten thousand."""
_PATIENCE = 2.0
"""Seconds; a part of Slack's three is the network's."""

router = APIRouter(include_in_schema=False)
_under_way: set[asyncio.Task[None]] = set()
"""The event loop itself remembers tasks only weakly."""


@router.post(PATH)
async def interactions(request: Request, allowed: Allowed) -> Response:
    """Check the signature over the raw body, then do what the button says."""
    door = allowed.door
    if door is None or door.genuine is None:
        return problem(404, "Buttons need OBSERVATORY_SLACK_SIGNING_SECRET.")
    body = await bounded(request, _LARGEST)
    if body is None:
        return problem(413, f"An interaction has at most {_LARGEST} bytes.")
    if not door.genuine(body, request.headers):
        return problem(401, "This was not signed by Slack within the last five minutes, or it came twice.")
    interaction = read_form(body)
    if interaction is None:
        return problem(400, "There is no block_actions payload in the form field `payload`.")
    doing = asyncio.create_task(run_in_threadpool(carry_out, interaction, allowed.press, door))
    _under_way.add(doing)
    doing.add_done_callback(_under_way.discard)
    await asyncio.wait({doing}, timeout=_PATIENCE)
    return Response(status_code=200)


def read_form(body: bytes) -> Interaction | None:
    """The form's payload; None for anything else, however it is broken."""
    try:
        form = parse_qs(body.decode(), max_num_fields=20)
        return read_interaction(form["payload"][0])
    except (ValueError, KeyError):
        return None
