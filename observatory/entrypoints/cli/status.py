"""`observatory status`: how every SLO stands, straight from Prometheus."""

import json
from typing import Annotated

import typer

from observatory.application.judging import Judgement
from observatory.bootstrap import build_status, build_stored_status
from observatory.entrypoints.cli.options import CatalogFolder, PrometheusUrl, settings_from
from observatory.entrypoints.cli.spans import parse_time, progress
from observatory.entrypoints.cli.tables import show_left_out, show_status
from observatory.errors import DefinitionError
from observatory.outputs.status import status_json
from observatory.settings import Settings


def status(
    catalog: CatalogFolder = None,
    prometheus: PrometheusUrl = None,
    as_json: Annotated[  # noqa: FBT002 - typer makes it a flag
        bool, typer.Option("--json", help="A JSON list instead of a table.")
    ] = False,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Evaluate at this time (ISO 8601 or Unix seconds).")
    ] = None,
    stored: Annotated[  # noqa: FBT002 - typer makes it a flag
        bool, typer.Option("--stored", help="At once, from what the service has kept in its database.")
    ] = False,
) -> None:
    """Show how every SLO stands. Needs no running service: each SLO's whole window is asked of Prometheus."""
    if stored and (at or prometheus):
        raise DefinitionError("--stored shows the service's newest numbers: leave --at and --prometheus out")
    settings = settings_from(catalog=catalog, prometheus_url=prometheus)
    judgement = build_stored_status(settings)() if stored else _asked(settings, at)
    evaluation, adjustments = judgement.evaluation, judgement.adjustments
    rows = [(evaluation.entry(slo), status) for slo, status in evaluation.statuses().items()]
    if as_json:
        answers = (
            status_json(
                entry,
                status,
                adjustment=adjustments.get(entry.id),
                components=judgement.contributions.get(entry.id, ()),
            )
            for entry, status in rows
        )
        typer.echo(json.dumps(list(answers), indent=2))
    else:
        show_status(rows, at=evaluation.at)
        show_left_out(adjustments)


def _asked(settings: Settings, at: str | None) -> Judgement:
    moment = None if at is None else parse_time(at)
    with progress("Asking Prometheus") as tell:
        return build_status(settings, tell=tell)(moment)
