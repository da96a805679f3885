"""`observatory status`: how every SLO stands, straight from Prometheus."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from observatory.bootstrap import build_status
from observatory.entrypoints.cli.options import CatalogFolder, PrometheusUrl, settings_from
from observatory.entrypoints.cli.tables import show_left_out, show_status
from observatory.errors import DefinitionError
from observatory.outputs.status import status_json


def status(
    catalog: CatalogFolder = None,
    prometheus: PrometheusUrl = None,
    as_json: Annotated[  # noqa: FBT002 - typer makes it a flag
        bool, typer.Option("--json", help="A JSON list instead of a table.")
    ] = False,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Evaluate at this time (ISO 8601 or Unix seconds).")
    ] = None,
) -> None:
    """Show how every SLO stands. Needs no running service: each SLO's whole window is asked of Prometheus."""
    settings = settings_from(catalog=catalog, prometheus_url=prometheus)
    judgement = build_status(settings)(None if at is None else parse_time(at))
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


def parse_time(text: str, *, option: str = "--at") -> datetime:
    """An ISO 8601 time (UTC where it names no offset) or Unix seconds.

    Raises:
        DefinitionError: it is neither.
    """
    try:
        moment = (
            datetime.fromtimestamp(float(text), UTC)
            if text.replace(".", "", 1).isdigit()
            else datetime.fromisoformat(text)
        )
    except (ValueError, OverflowError, OSError):
        raise DefinitionError(
            f"{option} {text!r} is no time; write it like 2026-03-01T12:00:00Z or as Unix seconds"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
