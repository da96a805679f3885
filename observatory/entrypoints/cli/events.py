"""`observatory events`: launches and maintenance, whether they may come, how they went, and what is frozen meanwhile."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from observatory.bootstrap import load_catalog, system_clock
from observatory.catalog.freezes import freezes
from observatory.entrypoints.cli.incidents import AsJson
from observatory.entrypoints.cli.options import CatalogFolder, settings_from
from observatory.entrypoints.cli.remote import Service
from observatory.entrypoints.cli.spans import parse_time
from observatory.errors import NotFound
from observatory.outputs.events import Format, freeze_json

EXIT_FROZEN = 20
"""Nobody made a mistake and nothing failed: it is only not the time."""
app = typer.Typer(help="Events: launches to protect, maintenance to leave out.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="EVENT", help="The event's name.")]
Form = Annotated[Format, typer.Option("--format", help="How it is written.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it a flag
    """List the events of the running service (OBSERVATORY_URL), the next one first."""
    found = Service(settings_from()).call("GET", "events")
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    elif not found:
        typer.echo("The catalog has no events.")
    else:
        Console().print(_table(found))


@app.command()
def readiness(event: Name, form: Form = Format.MARKDOWN) -> None:
    """Report whether everything is ready for the next time of an event."""
    _report("readiness", event, form)


@app.command()
def report(
    event: Name,
    form: Form = Format.MARKDOWN,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it began; else the newest time.")
    ] = None,
) -> None:
    """Report how an event went: traffic, slices of the budget, incidents."""
    _report("report", event, form, {} if start is None else {"start": parse_time(start).isoformat()})


@app.command()
def freeze(
    service: Annotated[str | None, typer.Option(help="Only what concerns this service.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="At this time (ISO 8601 or Unix seconds); else now.")
    ] = None,
    catalog: CatalogFolder = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it a flag
) -> None:
    """Exit with 20 while an event forbids changes, with 0 while none does. Needs the catalog alone."""
    definitions = load_catalog(settings_from(catalog=catalog))
    if service is not None and service not in definitions.services:
        raise NotFound(f'There is no service "{service}" in the catalog.')
    moment = system_clock().now() if at is None else parse_time(at)
    found = freezes(definitions, at=moment, service=service)
    if as_json:
        typer.echo(json.dumps(freeze_json(found, at=moment, service=service), indent=2))
    elif not found:
        typer.echo("Nothing is frozen.")
    for one in () if as_json else found:
        until = f"{one.span.end:%Y-%m-%d %H:%M} UTC"
        typer.echo(
            f"{', '.join(one.services)}: frozen until {until} for {one.event.name} ({one.event.squad})"
        )
    if found:
        raise typer.Exit(EXIT_FROZEN)


def _report(kind: str, event: str, form: Format, query: Mapping[str, str] | None = None) -> None:
    service = Service(settings_from())
    asked = {**(query or {}), "format": form.value}
    if form is Format.JSON:
        typer.echo(json.dumps(service.call("GET", "events", event, kind, query=asked), indent=2))
    else:
        typer.echo(service.text("events", event, kind, query=asked), nl=False)


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table(header_style="bold", box=None)
    for heading in ("event", "mode", "squad", "next", "until", "SLOs"):
        table.add_column(heading, no_wrap=True)
    for one in found:
        span = one["next"] or {"start": "", "end": ""}
        table.add_row(
            one["event"],
            one["mode"],
            one["squad"],
            _minute(span["start"]),
            _minute(span["end"]),
            str(len(one["affects"])),
            style=None if one["next"] else "dim",
        )
    return table


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC" if moment else "no more"
