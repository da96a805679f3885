"""`observatory run`: the service."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Annotated

import structlog
import typer
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from observatory.application.fill import Progress as Filled
from observatory.bootstrap import Observatory, build
from observatory.entrypoints.api.app import create_app
from observatory.entrypoints.cli.options import CatalogFolder, PrometheusUrl, settings_from
from observatory.entrypoints.log import set_up_log
from observatory.entrypoints.scheduler import schedule
from observatory.errors import Refused
from observatory.settings import Settings

_DAY = 86_400
_GOODBYE = 3
"""Seconds that requests under way have to end."""
_log = structlog.get_logger("observatory.run")


def run(
    catalog: CatalogFolder = None,
    prometheus: PrometheusUrl = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; any but loopback needs a token.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Evaluate every SLO once a minute, alert its squad, and serve API, portal and metrics."""
    set_up_log()
    settings = settings_from(catalog=catalog, prometheus_url=prometheus, host=host, port=port)
    to_people = sys.stderr.isatty()
    with _listen(settings.host, settings.port) as listener:
        observatory = build(settings, tell=_progress_bar() if to_people else _progress_lines)
        _serve(observatory, settings, listener)
    _log.info("stopped")
    # A step of a backfill may take minutes, and threads are waited for at exit. It is safe to cut: whatever was not
    # written is asked again.
    sys.stderr.flush()
    os._exit(0)


def _serve(observatory: Observatory, settings: Settings, listener: socket.socket) -> None:
    """Tick, deliver and answer until SIGTERM or SIGINT; what is being sent to Slack then is sent."""
    config = uvicorn.Config(
        create_app(observatory.views, settings, observatory.actions),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GOODBYE,
    )
    scheduler = schedule(observatory)
    # uvicorn stops at a signal, and then raises it again for whoever else wants to know: that would end us here.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _nothing_more)
    scheduler.start()
    _log.info("serving", url=f"http://{_shown(listener)}", catalog=str(settings.catalog))
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        scheduler.shutdown(wait=False)
        observatory.leadership.step_down()
        if observatory.deliver is not None:
            observatory.deliver.drain()
        if observatory.alive.socket_mode is not None:
            observatory.alive.socket_mode.close()


def _nothing_more(_signal: int, _frame: FrameType | None) -> None:
    """Being asked twice changes nothing."""


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, before anything else is begun.

    Raises:
        Refused: the address is not ours, or the port is taken.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        raise Refused(
            f"can't listen on {host}:{port}: {error.strerror}; give another --host or --port", code="bind"
        ) from error


def _shown(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _progress_lines(filled: Filled) -> None:
    _log.info("history", days=round(filled.done / _DAY, 2), of=round(filled.whole / _DAY, 2))


def _progress_bar() -> Callable[[Filled], None]:
    """A bar that appears while history is filled from Prometheus."""
    columns = (
        TextColumn("History"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[days]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    bar: Progress | None = None

    def tell(filled: Filled) -> None:
        nonlocal bar
        days = f"{filled.done / _DAY:.1f} of {filled.whole / _DAY:.1f} days"
        if bar is None:
            bar = Progress(*columns, console=console)
            bar.add_task("history", total=filled.whole, days=days)
            bar.start()
        bar.update(bar.task_ids[0], completed=filled.done, total=filled.whole, days=days)
        if filled.done >= filled.whole:
            bar.stop()
            bar = None

    return tell
