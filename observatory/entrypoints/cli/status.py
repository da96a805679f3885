"""`observatory status`: how every SLO stands, straight from Prometheus."""

import json
from typing import Annotated, Any

import typer

from observatory.application.judging import Judgement
from observatory.bootstrap import build_status, build_stored_status
from observatory.entrypoints.cli.options import CatalogFolder, PrometheusUrl, settings_from
from observatory.entrypoints.cli.spans import parse_time, progress
from observatory.entrypoints.cli.tables import Row, show_behaviours, show_left_out, show_status
from observatory.errors import DefinitionError
from observatory.outputs.forecast import forecast_json
from observatory.outputs.status import behaviour_json, status_json
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
    """Show how every SLO stands, what lies ahead of it, and what users do.

    Needs no running service: each SLO's whole window is asked of Prometheus.
    """
    if stored and (at or prometheus):
        raise DefinitionError("--stored shows the service's newest numbers: leave --at and --prometheus out")
    settings = settings_from(catalog=catalog, prometheus_url=prometheus)
    judgement = build_stored_status(settings)() if stored else _asked(settings, at)
    evaluation, adjustments = judgement.evaluation, judgement.adjustments
    if as_json:
        answers = [_slo_json(judgement, slo) for slo in evaluation.statuses()]
        done = [behaviour_json(entry, status) for entry, status in judgement.behaviours.values()]
        typer.echo(json.dumps([*answers, *done], indent=2))
        return
    rows = [
        Row(evaluation.entry(slo), status, judgement.forecasts[slo])
        for slo, status in evaluation.statuses().items()
    ]
    show_status(rows, at=evaluation.at)
    show_left_out(adjustments)
    if judgement.behaviours:
        show_behaviours([*judgement.behaviours.values()])


def _slo_json(judgement: Judgement, slo: str) -> dict[str, Any]:
    """As the API has it, with its forecast."""
    shown = status_json(
        judgement.evaluation.entry(slo),
        judgement.evaluation.status(slo),
        adjustment=judgement.adjustments.get(slo),
        components=judgement.contributions.get(slo, ()),
    )
    return {**shown, "forecast": forecast_json(judgement.forecasts[slo])}


def _asked(settings: Settings, at: str | None) -> Judgement:
    moment = None if at is None else parse_time(at)
    with progress("Asking Prometheus") as tell:
        return build_status(settings, tell=tell)(moment)
