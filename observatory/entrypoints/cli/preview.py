"""`observatory preview`: dashboards as pictures, without a Grafana."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from observatory.application.preview import chosen, previews
from observatory.bootstrap import load_catalog, system_clock
from observatory.bootstrap import prometheus as prometheus_source
from observatory.entrypoints.cli.options import CatalogFolder, PrometheusUrl, settings_from
from observatory.entrypoints.cli.spans import parse_time


def preview(  # noqa: PLR0913, PLR0917 - one for each option
    catalog: CatalogFolder = None,
    prometheus: PrometheusUrl = None,
    squad: Annotated[str | None, typer.Option(help="Only this squad's dashboards.")] = None,
    service: Annotated[str | None, typer.Option(help="Only this service's dashboard.")] = None,
    output: Annotated[Path, typer.Option(help="Folder for a .png and a .html of each.")] = Path("preview"),
    hours: Annotated[float, typer.Option(min=0.1, help="How much time is shown.")] = 24,
    scrape: Annotated[int, typer.Option(min=1, help="The data source's scrape interval, seconds.")] = 15,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="The end of what is shown (ISO 8601 or Unix seconds).")
    ] = None,
) -> None:
    """Draw dashboards with what Prometheus knows, for a pull request or a look without a Grafana."""
    settings = settings_from(catalog=catalog, prometheus_url=prometheus)
    now = system_clock().now() if at is None else parse_time(at)
    for drawn in previews(
        chosen(load_catalog(settings), squad=squad, service=service),
        prometheus_source(settings),
        now=now,
        length=timedelta(hours=hours),
        scrape=timedelta(seconds=scrape),
    ):
        for suffix, content in ((".html", drawn.page.encode()), (".png", drawn.png)):
            file = output / (drawn.path + suffix)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        typer.echo(f"{output / drawn.path}.png")
