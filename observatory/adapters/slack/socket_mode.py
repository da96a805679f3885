"""Socket Mode: Slack tells of pressed buttons through a WebSocket that we open, so that nothing of ours needs to be public.

As in docs.slack.dev, "Using Socket Mode". What comes through it is Slack's: the address that we connect to is given out
against the app-level token, and is good once. Slack may say the same twice; doing so twice must do it once.
"""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from observatory.adapters.slack.answers import read
from observatory.adapters.slack.client import SlackClient
from observatory.application.ports import Clock
from observatory.errors import RateLimited, Refused, Unavailable

_PATIENCE = timedelta(seconds=2)
"""After which Slack is answered, though the deed still goes on; it waits for three seconds."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=1)
_AGAIN = timedelta(milliseconds=100)
_AT_ONCE = 8
_log = structlog.get_logger("observatory.socket_mode")


class SocketMode:
    """One connection, which comes back by itself whenever it is lost."""

    def __init__(self, app_token: str, *, base_url: str, clock: Clock) -> None:
        """`app_token` is an app-level one (`xapp-…`) with the scope `connections:write`."""
        self._web = SlackClient(base_url=base_url)
        self._token, self._clock = app_token, clock
        self._doing = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="press")
        self._socket: SocketModeClient | None = None
        self._not_before: datetime | None = None
        self._wait = _FIRST_WAIT

    @property
    def connected(self) -> bool:
        """Whether Slack could tell us of a press now."""
        return self._socket is not None and self._socket.is_connected()

    def keep(self, hear: Callable[[str], object]) -> None:
        """Connect, unless that is done; call it every few seconds. A connection that was lost is the SDK's to renew.

        Args:
            hear: takes the payload of an interaction, as JSON; called from several threads.
        """
        now = self._clock.now()
        if self._socket is not None or (self._not_before is not None and now < self._not_before):
            return
        try:
            answer = read(lambda: self._web.apps_connections_open(app_token=self._token))
        except (Refused, Unavailable) as error:
            asked = error.retry_after if isinstance(error, RateLimited) else timedelta()
            self._not_before = now + max(self._wait, asked)
            self._wait = min(2 * self._wait, _LONGEST_WAIT)
            _log.error("socket_mode_not_connected", error=str(error))
            return
        self._socket = client = self._new(hear)
        client.wss_uri = str(answer["url"])
        client.connect()  # what fails from here on is tried again by the SDK
        _log.info("socket_mode_connected")

    def close(self) -> None:
        """Hear nothing more; what has been heard is still done."""
        if self._socket is not None:
            _close(self._socket)
        self._doing.shutdown()

    def _new(self, hear: Callable[[str], object]) -> SocketModeClient:
        """A client whose threads have begun; its own log would repeat what ours says, and whole messages."""
        logger = logging.getLogger("observatory.slack_sdk")
        logger.setLevel(logging.CRITICAL)
        client = SocketModeClient(
            app_token=self._token,
            web_client=self._web,
            logger=logger,
            on_error_listeners=[lambda error: _log.warning("socket_mode_lost", error=type(error).__name__)],
        )

        def listen(heard_by: BaseSocketModeClient, request: SocketModeRequest) -> None:
            self._answer(heard_by, request, hear)

        client.socket_mode_request_listeners.append(listen)
        return client

    def _answer(
        self, client: BaseSocketModeClient, request: SocketModeRequest, hear: Callable[[str], object]
    ) -> None:
        """Do what is asked, and acknowledge it in time, whichever ends first."""
        if request.type == "interactive":
            wait([self._doing.submit(hear, json.dumps(request.payload))], timeout=_PATIENCE.total_seconds())
        acknowledgement: dict[str, Any] = {"envelope_id": request.envelope_id}
        try:
            client.send_socket_mode_response(acknowledgement)
        except (SlackClientError, OSError) as error:  # Slack will say it again, to another connection
            _log.warning("socket_mode_not_acknowledged", error=type(error).__name__)


def _close(client: SocketModeClient) -> None:
    """Close a client of the SDK's, which waits for its reader without end.

    A reader that begins at this very moment takes the session for a new one and reads on: it is told until it hears.
    """
    closing = Thread(target=client.close, daemon=True)
    closing.start()
    while closing.is_alive():
        client.current_session_state.terminated = True
        closing.join(_AGAIN.total_seconds())
