"""The page that shows the channels: what people would read in Slack."""

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from observatory.sandbox.slack.interactions import Interactions
from observatory.sandbox.slack.model import BOT_NAME, Channel, Posting
from observatory.sandbox.slack.rendering import Rendering
from observatory.sandbox.slack.workspace import SlackSaysNoError, Workspace

_TEMPLATES = Environment(
    loader=PackageLoader("observatory.sandbox.slack"), autoescape=select_autoescape(), trim_blocks=True
)
_TOGETHER_SECONDS = 300
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on the page."""

    id: str
    ts: str
    at: datetime
    body: Markup
    replies: int
    edits: int
    follows: bool
    """Right after another one: it needs no name and no picture."""


def page_routes(workspace: Workspace, interactions: Interactions) -> APIRouter:
    """The page, and the number that says whether it is still true."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def newest() -> Response:
        channels = sorted(workspace.channels.values(), key=lambda one: _last_ts(workspace, one), reverse=True)
        return (
            RedirectResponse(f"/archives/{channels[0].id}")
            if channels
            else _page(workspace, interactions, None, None)
        )

    @router.get("/revision")
    async def revision() -> int:
        return workspace.revision

    @router.get("/archives/{channel}")
    async def channel(channel: str, thread_ts: str | None = None) -> Response:
        return _page(workspace, interactions, channel, thread_ts)

    @router.get("/archives/{channel}/{permalink}")
    async def message(channel: str, permalink: str, thread_ts: str | None = None) -> Response:
        thread = f"?thread_ts={thread_ts}" if thread_ts else ""
        return RedirectResponse(f"/archives/{channel}{thread}#{permalink}")

    return router


def _page(
    workspace: Workspace, interactions: Interactions, channel_id: str | None, thread_ts: str | None
) -> Response:
    try:
        channel = None if channel_id is None else workspace.channel(channel_id)
        root = workspace.posting(channel.id, thread_ts) if channel and thread_ts else None
    except SlackSaysNoError as refused:
        return HTMLResponse(
            _TEMPLATES.get_template("missing.html").render(code=refused.code), status_code=404
        )
    names = {one.id: one.name for one in workspace.channels.values()}
    rendering = Rendering(names, pressable=interactions.pressable)
    timeline = workspace.timeline(channel.id)[-_SHOWN:] if channel else []
    replies = workspace.replies(channel.id, root.ts) if channel and root else []
    html = _TEMPLATES.get_template(
        "channel.html"
    ).render(
        bot=BOT_NAME,
        revision=workspace.revision,
        channels=sorted(workspace.channels.values(), key=lambda one: (one.archived, one.name)),
        counts={one: len(workspace.timeline(one)) for one in workspace.channels},
        channel=channel,
        messages=_shown(timeline, workspace, rendering),
        root=_shown([root], workspace, rendering)[0] if root else None,
        replies=_shown(replies, workspace, rendering),
        whispers=[
            Markup(rendering.mrkdwn(text))  # noqa: S704 - mrkdwn escapes
            for where, text in interactions.whispers
            if channel and where == channel.id
        ][-1:],
    )
    return HTMLResponse(html)


def _shown(postings: list[Posting], workspace: Workspace, rendering: Rendering) -> list[Shown]:
    return [
        Shown(
            id=f"p{posting.ts.replace('.', '')}",
            ts=posting.ts,
            at=datetime.fromtimestamp(float(posting.ts), UTC),
            body=rendering.message(
                posting.text, posting.blocks, presses=f"/archives/{posting.channel}/{posting.ts}/presses"
            )
            + rendering.attachments(posting.attachments),
            replies=0 if posting.is_reply else len(workspace.replies(posting.channel, posting.ts)),
            edits=posting.edits,
            follows=before is not None and float(posting.ts) - float(before.ts) < _TOGETHER_SECONDS,
        )
        for before, posting in zip([None, *postings], postings, strict=False)
    ]


def _last_ts(workspace: Workspace, channel: Channel) -> float:
    timeline = workspace.timeline(channel.id)
    return float(timeline[-1].ts) if timeline else 0.0
