"""`observatory demo`: the whole product at work on one machine, and how to cause trouble in it."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from observatory.bootstrap import read_catalog, system_clock
from observatory.catalog import parse_catalog
from observatory.entrypoints.cli.options import CatalogFolder, settings_from
from observatory.entrypoints.cli.slack import channel_names
from observatory.sandbox import demo as world

Folder = Annotated[Path, typer.Option(help="Where the demo keeps its files.")]

app = typer.Typer(help="Run the demo; break and heal its services.", invoke_without_command=True)


@app.callback()
def demo(
    context: typer.Context,
    catalog: CatalogFolder = None,
    folder: Folder = world.FOLDER,
    days: Annotated[int, typer.Option(min=1, max=30, help="Length of the history.")] = 30,
) -> None:
    """Start Prometheus with a month of history, demo services, a development Slack and Observatory."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_from(catalog=catalog)
    squads = parse_catalog(read_catalog(settings)).valid().squads.values()
    rules = Path("alert_rules")
    plan = world.Plan(
        folder=folder,
        catalog=settings.catalog,
        rules=rules if rules.is_dir() else None,
        channels=channel_names(squads),
        history=timedelta(days=days),
    )
    world.run_demo(plan, clock=system_clock(), say=typer.echo)


@app.command("break")
def break_(
    service: Annotated[str, typer.Argument(help="A service of the demo, such as playlist.")],
    mode: Annotated[world.Mode, typer.Option(help="How it breaks.")] = world.Mode.ERRORS,
    share: Annotated[float, typer.Option(help="Share of requests that fail, in mode errors.")] = 1.0,
    folder: Folder = world.FOLDER,
) -> None:
    """Cause an outage of one service."""
    trouble = world.break_service(service, world.Trouble(mode, share), state=_state(folder))
    typer.echo(f"{service}: {trouble}")


@app.command()
def heal(
    service: Annotated[str, typer.Argument(help="A service of the demo, such as playlist.")],
    folder: Folder = world.FOLDER,
) -> None:
    """End the outage of one service."""
    typer.echo(f"{service}: {world.heal_service(service, state=_state(folder))}")


def _state(folder: Path) -> Path:
    return folder / world.STATE_FILE.name
