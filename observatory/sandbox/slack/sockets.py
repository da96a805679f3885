"""Socket Mode: the bot opens a WebSocket, and hears of presses there instead of at a request URL.

Envelopes and answers as in docs.slack.dev, "Using Socket Mode": `hello` first, one envelope a press to one of the
connections, which the bot acknowledges by its `envelope_id`; `disconnect` tells it to come again.
"""

import asyncio
import secrets
from collections.abc import Callable
from random import choice
from typing import Any

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from observatory.sandbox.slack.model import APP_ID

_PATH = "/link"
_CLOSE_POLICY = 1008
MOST_CONNECTIONS = 10
"""Slack's limit for an app."""


class Sockets:
    """The open connections of the app; `bot_url` says where the bot opens them."""

    def __init__(self, bot_url: Callable[[], str]) -> None:
        self._bot_url = bot_url
        self._tickets: set[str] = set()
        self._open: list[WebSocket] = []
        self._waiting: dict[str, asyncio.Future[None]] = {}

    @property
    def connected(self) -> bool:
        """Whether anybody listens."""
        return bool(self._open)

    def open(self) -> str:
        """An address that may be connected to once."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return f"{self._bot_url().replace('http', 'ws', 1)}{_PATH}?ticket={ticket}&app_id={APP_ID}"

    async def send(self, payload: dict[str, Any], *, patience: float) -> bool:
        """Tell one connection, chosen by chance as Slack does; False when it does not acknowledge in time."""
        envelope = secrets.token_hex(8)
        acknowledged = self._waiting[envelope] = asyncio.get_running_loop().create_future()
        message = {
            "type": "interactive",
            "envelope_id": envelope,
            "accepts_response_payload": True,
            "payload": payload,
        }
        try:
            await choice(self._open).send_json(message)  # noqa: S311 - chance, and no secret
            await asyncio.wait_for(acknowledged, patience)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return False
        else:
            return True
        finally:
            self._waiting.pop(envelope, None)

    async def disconnect(self, reason: str) -> None:
        """Tell every connection that it has to come again, and close it: Slack does so every few hours."""
        for connection in list(self._open):
            await connection.send_json({"type": "disconnect", "reason": reason})
            await connection.close()

    async def serve(self, connection: WebSocket, ticket: str) -> None:
        """Stay with one connection for as long as it lasts."""
        if ticket not in self._tickets or len(self._open) >= MOST_CONNECTIONS:
            await connection.close(_CLOSE_POLICY)
            return
        self._tickets.remove(ticket)
        await connection.accept()
        await connection.send_json(self._hello())
        self._open.append(connection)
        try:
            while True:
                self._acknowledge(await connection.receive_json())
        except (WebSocketDisconnect, RuntimeError, ValueError):
            return
        finally:
            self._open.remove(connection)

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self._open) + 1,
            "connection_info": {"app_id": APP_ID},
            "debug_info": {"host": "development", "approximate_connection_time": 18_060},
        }

    def _acknowledge(self, answer: Any) -> None:
        waiting = self._waiting.get(str(answer.get("envelope_id"))) if isinstance(answer, dict) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)


def socket_routes(sockets: Sockets) -> APIRouter:
    """Where the bot connects, and where a disconnect is ordered."""
    router = APIRouter()

    @router.websocket(_PATH)
    async def link(connection: WebSocket, ticket: str = "") -> None:
        await sockets.serve(connection, ticket)

    @router.post("/admin/disconnect", status_code=204)
    async def disconnect(reason: str = "refresh_requested") -> None:
        await sockets.disconnect(reason)

    return router
