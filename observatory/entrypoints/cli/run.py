"""`observatory run`: the service."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from observatory.application.fill import Progress as Filled
from observatory.bootstrap import build
from observatory.entrypoints.api.app import create_app
from observatory.entrypoints.cli.options import CatalogFolder, PrometheusUrl, settings_from
from observatory.entrypoints.log import set_up_log
from observatory.entrypoints.scheduler import schedule

_DAY = 86_400


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
    observatory = build(settings, tell=_progress_bar() if sys.stderr.isatty() else None)
    scheduler = schedule(observatory)
    scheduler.start()
    try:
        uvicorn.run(
            create_app(observatory.views, settings),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
        )
    finally:
        scheduler.shutdown(wait=False)
        if observatory.deliver is not None:
            observatory.deliver.drain()


def _progress_bar() -> Callable[[Filled], None]:
    """A bar that appears while history is filled from Prometheus."""
    bar = Progress(
        TextColumn("History"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[days]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    task = bar.add_task("history", days="")

    def tell(filled: Filled) -> None:
        bar.start()
        days = f"{filled.done / _DAY:.1f} of {filled.whole / _DAY:.1f} days"
        bar.update(task, completed=filled.done, total=filled.whole, days=days)
        if filled.done >= filled.whole:
            bar.stop()

    return tell
