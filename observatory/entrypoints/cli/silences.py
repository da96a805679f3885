"""`observatory silence`: keep quiet what is known to burn, and stop keeping it quiet."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from observatory.entrypoints.cli.incidents import AsJson, ByWhom, who
from observatory.entrypoints.cli.options import settings_from
from observatory.entrypoints.cli.remote import Service

app = typer.Typer(help="Add, list and end silences of the running service.", no_args_is_help=True)


@app.command()
def add(  # noqa: PLR0913, PLR0917 - each an option
    matchers: Annotated[
        list[str],
        typer.Argument(
            metavar="MATCHER…", help="Such as service=playlist or slo=~'playlist/.*'; all must match."
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why; everyone who reads the alert reads it.")],
    lasts: Annotated[str | None, typer.Option("--for", metavar="DURATION", help="Such as 2h.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Such as 2026-03-01T12:00:00Z.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it; else whoever adds it.")] = None,
    by: ByWhom = None,
    really: Annotated[bool, typer.Option("--longer-than-7-days", help="Yes, that long.")] = False,  # noqa: FBT002 - typer makes it a flag
) -> None:
    """Keep quiet what all matchers match."""
    settings = settings_from()
    name = who(by, settings)
    asked = {"lasts": lasts, "ends_at": until}
    body: dict[str, object] = {"matchers": matchers, "reason": reason, "owner": owner or name, "by": name}
    body |= {key: value for key, value in asked.items() if value is not None} | {"confirm": really}
    made = Service(settings).call("POST", "silences", body=body)
    typer.echo(f"{made['id']}  {', '.join(made['matchers'])}  until {_minute(made['ends_at'])}")


@app.command("list")
def list_(
    ended: Annotated[bool, typer.Option(help="Also those that ended in the last 7 days.")] = False,  # noqa: FBT002 - typer makes it a flag
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it a flag
) -> None:
    """List silences, the one that ends first first."""
    found = Service(settings_from()).call("GET", "silences", query={"ended": str(ended).lower()})
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    elif not found:
        typer.echo("Nothing is silenced.")
    else:
        Console().print(_table(found))


@app.command()
def expire(
    silence: Annotated[str, typer.Argument(metavar="ID", help="The silence's id.")],
    by: ByWhom = None,
) -> None:
    """End a silence now; what still burns under it alerts again."""
    settings = settings_from()
    ended = Service(settings).call("DELETE", "silences", silence, query={"by": who(by, settings)})
    typer.echo(f"{ended['id']}  ended {_minute(ended['ends_at'])}")


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table(header_style="bold", box=None)
    for heading in ("id", "matchers", "from", "until", "owner", "by", "reason"):
        table.add_column(heading, no_wrap=heading in ("id", "from", "until"))
    for one in found:
        table.add_row(
            one["id"],
            ", ".join(one["matchers"]),
            _minute(one["starts_at"]),
            _minute(one["ends_at"]),
            one["owner"],
            one["created_by"],
            one["reason"],
            style=None if one["active"] else "dim",
        )
    return table


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"
