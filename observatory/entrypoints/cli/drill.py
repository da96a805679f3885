"""`observatory drill`: does a page reach a squad? A marked test alert on the real way, and the proof."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from observatory.entrypoints.cli.incidents import ByWhom, who
from observatory.entrypoints.cli.options import settings_from
from observatory.entrypoints.cli.remote import Service
from observatory.errors import DefinitionError, Unavailable

_LOOK_EVERY = 0.5
_COULD_NOT = 2


def drill(
    squad: Annotated[list[str] | None, typer.Option(help="Whose way to test; may be given again.")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every squad of the catalog.")] = False,  # noqa: FBT002 - typer makes it a flag
    wait: Annotated[float, typer.Option(min=0, max=900, help="Seconds to wait for the proof.")] = 60,
    by: ByWhom = None,
) -> None:
    """Send squads a test alert on the way that a page takes, and wait for the proof that it arrived.

    It mentions nobody, says that it is a test, and is closed in its thread. Exit code 2 when one did not arrive in its
    squad's own channel.
    """
    if everyone == bool(squad):
        raise DefinitionError("whose way is tested? Name squads (--squad playlists), or --all")
    settings = settings_from()
    service, name = Service(settings), who(by, settings)
    squads = [one["squad"] for one in service.call("GET", "squads")] if everyone else squad or []
    begun = [service.call("POST", "drills", body={"squad": one, "by": name}) for one in squads]
    ended = _wait(service, begun, until=time.monotonic() + wait)
    Console().print(_table(ended))
    if not all(one["arrived"] and len(one["route"]) == 1 for one in ended):
        raise typer.Exit(_COULD_NOT)


def _wait(service: Service, drills: Sequence[dict[str, Any]], *, until: float) -> list[dict[str, Any]]:
    """The drills as they are when all have arrived, or time is over. One look that gets no answer is no news."""
    known = {one["id"]: one for one in drills}
    while (
        open_ones := [key for key, one in known.items() if not one["arrived"]]
    ) and time.monotonic() < until:
        time.sleep(_LOOK_EVERY)
        for key in open_ones:
            try:
                known[key] = service.call("GET", "drills", key)
            except Unavailable:
                break
    return list(known.values())


def _table(drills: Sequence[dict[str, Any]]) -> Table:
    table = Table(header_style="bold", box=None)
    for heading in ("squad", "proof", "after", "way", "message"):
        table.add_column(heading, overflow="fold")
    for one in sorted(drills, key=lambda one: str(one["squad"])):
        after = "" if one["latency_seconds"] is None else f"{one['latency_seconds']:.1f} s"
        table.add_row(one["squad"], _verdict(one), after, _way(one["route"]), one["permalink"] or "")
    return table


def _verdict(one: dict[str, Any]) -> Text:
    if not one["arrived"]:
        return Text("not arrived", style="bold red")
    if len(one["route"]) > 1:
        return Text("elsewhere", style="yellow")
    return Text("arrived", style="green")


def _way(route: Sequence[dict[str, Any]]) -> str:
    """`C024BE91L (is_archived) → C0DEFAULT1`."""
    hops = [
        hop["channel"] + (f" ({hop['error'] or hop['state']})" if hop["state"] != "sent" else "")
        for hop in route
    ]
    return " → ".join(hops)
