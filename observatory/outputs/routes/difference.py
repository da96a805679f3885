"""Who gets what after a change, as Markdown for a pull request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from observatory.alerting import Rules
from observatory.alerting.routing import Route, routes
from observatory.catalog import Catalog
from observatory.catalog.durations import duration_text


def changes_json(before: Catalog, after: Catalog, rules: Rules) -> list[dict[str, Any]]:
    """What `describe_routes` tells, for programs: one object for each whose alerts go elsewhere."""
    return [
        {
            "alerts_of": row.what,
            "squads": sorted(row.squads),
            "changes": {name: {"before": old, "after": new} for name, (old, new) in row.changes.items()},
        }
        for row in _rows(routes(before, rules), routes(after, rules))
    ]


def describe_routes(before: Catalog, after: Catalog, rules: Rules) -> str:
    """A table of every service, namespace and file whose alerts go elsewhere, or otherwise."""
    rows = list(_rows(routes(before, rules), routes(after, rules)))
    if not rows:
        return "### Alert routes\n\nEvery alert goes where it went.\n"
    told = sorted({squad for row in rows for squad in row.squads})
    whom = f"Touches {', '.join(f'**{squad}**' for squad in told)}." if told else ""
    lines = ["### Alert routes", "", whom, "", "| alerts of | what | before | after |", "|---|---|---|---|"]
    lines += [
        f"| {_cell(row.what)} | {aspect} | {_cell(old)} | {_cell(new)} |"
        for row in rows
        for aspect, (old, new) in row.changes.items()
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Row:
    what: str
    squads: frozenset[str]
    changes: Mapping[str, tuple[str, str]]
    """Before and after, by aspect."""


def _rows(before: Mapping[str, Route], after: Mapping[str, Route]) -> Iterator[_Row]:
    for what in sorted({*before, *after}):
        both = [side[what] for side in (before, after) if what in side]
        old, new = _aspects(before.get(what)), _aspects(after.get(what))
        changes = {
            name: (old.get(name, "-"), new.get(name, "-"))
            for name in new or old
            if old.get(name) != new.get(name)
        }
        if changes:
            yield _Row(what, frozenset(route.squad for route in both if route.squad), changes)


def _aspects(route: Route | None) -> dict[str, str]:
    if route is None:
        return {}
    on_call, owner = route.on_call, route.ownership
    mention = owner.squad.slack.mention if owner.squad else None
    pages = (
        f"{f'{duration_text(call.after)}: ' if call.after else ''}{call.squad or call.channel}"
        for call in route.calls
    )
    return {
        "owner": route.squad or "nobody",
        "channel": owner.channel or "none",
        "when it fails": ", ".join(route.fallbacks) or "nowhere",
        "calls": mention or "nobody",
        "tickets": f"{on_call.hours} {on_call.timezone}" if on_call.hours else "at any time",
        "unanswered pages": " → ".join(pages) or "nobody",
    }


def _cell(text: str) -> str:
    """One line that says nothing to Markdown."""
    plain = " ".join(text.replace("`", "'").split())
    escaped = plain.replace("|", "\\|")
    return f"`{escaped}`" if any(mark in plain for mark in "*_<>[]#") else escaped
