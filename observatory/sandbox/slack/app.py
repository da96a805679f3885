"""The development Slack as an ASGI application: its API, its administration, its page."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from observatory.sandbox.slack.api import api_routes
from observatory.sandbox.slack.faults import Fault, Faults
from observatory.sandbox.slack.interactions import Interactions, RequestUrl, interaction_routes
from observatory.sandbox.slack.methods import Methods
from observatory.sandbox.slack.model import Channel
from observatory.sandbox.slack.page import page_routes
from observatory.sandbox.slack.sockets import Sockets, socket_routes
from observatory.sandbox.slack.tiers import Tiers
from observatory.sandbox.slack.uploads import Uploads, upload_routes
from observatory.sandbox.slack.webhooks import webhook_routes
from observatory.sandbox.slack.workspace import Pace, SlackSaysNoError, Workspace

SLACKS_PACE = Pace()


class BotsView:
    """Where the bot reaches us, as its newest call has it: in containers that is another address than people's."""

    def __init__(self, public_url: Callable[[], str]) -> None:
        self._public_url = public_url
        self._called: str | None = None

    def called_at(self, url: str) -> None:
        """Note where a call came to."""
        self._called = url.rstrip("/")

    def __call__(self) -> str:
        """The address; before the first call people's."""
        return self._called or self._public_url()


class NewChannel(BaseModel):
    """A channel to create, or to change: whoever has its id is replaced."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    archived: bool = False
    private: bool = False
    member: bool = True


def create_app(  # noqa: PLR0913 - a workspace's settings
    *,
    channels: dict[str, str] | None = None,
    token: str | None = None,
    file: Path | None = None,
    pace: Pace | None = SLACKS_PACE,
    clock: Callable[[], float] = time.time,  # noqa: TID251 - an outside system, which has its own clock
    public_url: Callable[[], str] = lambda: "http://127.0.0.1",
    request_url: RequestUrl | None = None,
) -> FastAPI:
    """A workspace of its own behind Slack's Web API.

    Args:
        channels: names by id, created when they are not known yet from `file`.
        token: the only bot token it takes; None takes every `xoxb-…`.
        file: where the workspace is kept, as JSON lines; None forgets it.
        pace: the rate limit of each channel; None has none, and no tiers either.
        clock: Unix seconds.
        public_url: where people reach the page, for permalinks.
        request_url: where the bot hears of pressed buttons, unless it is connected in Socket Mode.
    """
    workspace = Workspace(clock, file=file, pace=pace)
    for channel_id, name in (channels or {}).items():
        if channel_id not in workspace.channels:
            workspace.create_channel(Channel(channel_id, name))
    for_bot = BotsView(public_url)
    faults, uploads, sockets = Faults(), Uploads(public_url, for_bot), Sockets(for_bot)
    methods = Methods(workspace, uploads, sockets, public_url=public_url)
    interactions = Interactions(workspace, request_url, sockets, clock=clock, bot_url=for_bot)
    app = _App(
        title="Development Slack", docs_url="/admin/docs", redoc_url=None, openapi_url="/admin/openapi"
    )
    tiers = None if pace is None else Tiers(clock)
    for router in (
        api_routes(methods, faults, token=token, tiers=tiers, called_at=for_bot.called_at),
        webhook_routes(workspace, faults),
        upload_routes(uploads),
        socket_routes(sockets),
        _admin_routes(workspace, faults, methods),
        interaction_routes(interactions),
        page_routes(workspace, interactions),
    ):
        app.include_router(router)
    app.exception_handler(SlackSaysNoError)(_not_possible)
    return app


def _admin_routes(workspace: Workspace, faults: Faults, methods: Methods) -> APIRouter:
    router = APIRouter(prefix="/admin")

    @router.get("/faults")
    async def planned() -> list[Fault]:
        return faults.planned

    @router.post("/faults", status_code=201)
    async def plan(fault: Fault) -> Fault:
        faults.plan(fault)
        return fault

    @router.delete("/faults", status_code=204)
    async def clear() -> None:
        faults.clear()

    @router.get("/channels")
    async def channels() -> list[NewChannel]:
        return [NewChannel.model_validate(one, from_attributes=True) for one in workspace.channels.values()]

    @router.post("/channels", status_code=201)
    async def create(channel: NewChannel) -> NewChannel:
        workspace.create_channel(Channel(**channel.model_dump()))
        return channel

    @router.get("/channels/{channel}/messages")
    async def messages(channel: str, thread_ts: str | None = None) -> list[dict[str, Any]]:
        return methods.messages(channel, thread_ts)

    return router


def _not_possible(_request: Request, error: SlackSaysNoError) -> JSONResponse:
    return JSONResponse({"ok": False, "error": error.code}, status_code=404)


class _App(FastAPI):
    """Hands uvicorn's connection to responses that drop it, before any middleware wraps `send`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__", None)
        if scope["type"] == "http" and cycle is not None:
            scope.setdefault("extensions", {})["observatory.transport"] = cycle.transport
        await super().__call__(scope, receive, send)
