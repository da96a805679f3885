"""Socket Mode: Slack tells of pressed buttons through a WebSocket that we open, so that nothing of ours needs to be public.

As in docs.slack.dev, "Using Socket Mode". What comes through it is Slack's: the address that we connect to is given out
against the app-level token, and is good once. Slack may say the same twice; doing so twice must do it once.
"""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web import WebClient

from observatory.application.ports import Clock

_PATIENCE = timedelta(seconds=2)
"""After which Slack is answered, though the deed still goes on; it waits for three seconds."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=1)
_AT_ONCE = 8
_log = structlog.get_logger("observatory.socket_mode")


class SocketMode:
    """One connection, which comes back by itself whenever it is lost."""

    def __init__(self, app_token: str, *, base_url: str, clock: Clock) -> None:
        """`app_token` is an app-level one (`xapp-…`) with the scope `connections:write`."""
        base = base_url if base_url.endswith("/") else f"{base_url}/"
        self._web = WebClient(base_url=base, timeout=10, retry_handlers=[])
        self._token, self._clock = app_token, clock
        self._doing = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="press")
        self._client: SocketModeClient | None = None
        self._not_before: datetime | None = None
        self._wait = _FIRST_WAIT

    @property
    def connected(self) -> bool:
        """Whether Slack could tell us of a press now."""
        return self._client is not None and self._client.is_connected()

    def keep(self, hear: Callable[[str], object]) -> None:
        """Connect, unless that is done; call it every few seconds. A connection that was lost is the SDK's to renew.

        Args:
            hear: takes the payload of an interaction, as JSON; called from several threads.
        """
        now = self._clock.now()
        if self._client is not None or (self._not_before is not None and now < self._not_before):
            return
        try:
            address = str(self._web.apps_connections_open(app_token=self._token)["url"])
        except (SlackApiError, SlackClientError, OSError) as error:
            self._not_before = now + max(self._wait, _asked_to_wait(error))
            self._wait = min(2 * self._wait, _LONGEST_WAIT)
            _log.error("socket_mode_not_connected", error=_words(error))
            return
        self._client = client = self._new(hear)
        client.wss_uri = address
        client.connect()  # what fails from here on is tried again by the SDK
        _log.info("socket_mode_connected")

    def close(self) -> None:
        """Hear nothing more; what has been heard is still done."""
        if self._client is not None:
            self._client.close()
        self._doing.shutdown()

    def _new(self, hear: Callable[[str], object]) -> SocketModeClient:
        """A client whose threads have begun; its own log would repeat what ours says, and whole messages."""
        logger = logging.getLogger("observatory.slack_sdk")
        logger.setLevel(logging.CRITICAL)
        client = SocketModeClient(
            app_token=self._token,
            web_client=self._web,
            logger=logger,
            on_error_listeners=[lambda error: _log.warning("socket_mode_lost", error=_words(error))],
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
            _log.warning("socket_mode_not_acknowledged", error=_words(error))


def _asked_to_wait(error: Exception) -> timedelta:
    """What Slack says of when to come back: it gives an app few of these addresses in a minute."""
    said = error.response.headers if isinstance(error, SlackApiError) else {}
    raw = next((value for name, value in said.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=int(raw)) if str(raw).isdigit() else timedelta()


def _words(error: Exception) -> str:
    """Slack's code, and nothing that could hold an address with a ticket in it."""
    if isinstance(error, SlackApiError):
        return str(error.response.get("error", error.response.status_code))
    return type(error).__name__
