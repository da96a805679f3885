"""`observatory incidents` and `observatory ack`: what burns, and taking it on."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from observatory.entrypoints.cli.options import settings_from
from observatory.entrypoints.cli.remote import Service
from observatory.errors import DefinitionError
from observatory.settings import Settings

_OPEN = ["firing", "acknowledged", "silenced"]
_STYLES = {"firing": "bold red", "acknowledged": "yellow", "silenced": "dim"}

ByWhom = Annotated[str | None, typer.Option("--by", help="Who you are; else OBSERVATORY_USER.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


def incidents(
    squad: Annotated[str | None, typer.Option(help="Only this squad's.")] = None,
    resolved: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,  # noqa: FBT002 - typer makes it a flag
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it a flag
) -> None:
    """List open incidents of the running service (OBSERVATORY_URL), newest first."""
    query: dict[str, str | list[str]] = {} if resolved else {"state": _OPEN}
    found = Service(settings_from()).call(
        "GET", "incidents", query=query | ({"squad": squad} if squad else {})
    )
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    elif not found:
        typer.echo("Nothing is burning.")
    else:
        Console().print(_table(found))


def ack(
    incident: Annotated[str, typer.Argument(metavar="ID", help="The incident's id.")],
    by: ByWhom = None,
) -> None:
    """Acknowledge an incident: it calls nobody any more."""
    settings = settings_from()
    done = Service(settings).call(
        "POST", "incidents", incident, "acknowledge", body={"by": who(by, settings)}
    )
    one = done["incident"]
    taken = f" by {one['acknowledged_by']}" if one["acknowledged_by"] else ""
    typer.echo(
        f"{one['severity']} of {one['service']}/{one['slo']}: {done['answer'].replace('_', ' ')}{taken}"
    )


def who(by: str | None, settings: Settings) -> str:
    """The name for the audit log.

    Raises:
        DefinitionError: nobody said it.
    """
    name = by or settings.user
    if not name:
        raise DefinitionError("the audit log needs a name: --by anna, or OBSERVATORY_USER=anna")
    return name


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table(header_style="bold", box=None)
    for heading in ("id", "state", "severity", "SLO", "squad", "since", "acknowledged by"):
        table.add_column(heading, no_wrap=True, overflow="fold" if heading == "id" else "ellipsis")
    for one in found:
        table.add_row(
            one["id"],
            Text(one["state"], style=_STYLES.get(one["state"], "dim")),
            one["severity"],
            f"{one['service']}/{one['slo']}",
            one["squad"],
            one["opened_at"][:16].replace("T", " "),
            one["acknowledged_by"] or "",
        )
    return table
