"""What a change means for people, as Markdown for a pull request: squad by squad, first what on-call people notice."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from observatory.catalog import Catalog, Occurrences, Service, Slo, Squad
from observatory.outputs.difference import changes

_SHOWN = 8
_FILES_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Side:
    """Before or after."""

    catalog: Catalog
    generated: Mapping[str, str]


def describe(before: Side, after: Side) -> str:
    """The whole comment."""
    by_squad = _for_people(before.catalog, after.catalog)
    files = list(_files(before.generated, after.generated))
    if not by_squad and not files:
        return "### Observatory\n\nNothing changes for anybody.\n"
    squads = ", ".join(f"**{squad}**" for squad in sorted(by_squad)) or "no squad's promises or alerts"
    lines = ["### Observatory", "", f"Touches {squads}."]
    for squad in sorted(by_squad):
        lines += ["", f"#### {squad}", *(f"- {line}" for line in by_squad[squad])]
    if files:
        lines += ["", f"<details><summary>{len(files)} dashboards and rule files differ</summary>", ""]
        for path, changed in files[:_FILES_SHOWN]:
            lines += [f"- `{path}`", *(f"  - {_plain(line)}" for line in changed[:_SHOWN])]
            lines += [f"  - and {len(changed) - _SHOWN} more"] if len(changed) > _SHOWN else []
        lines += [f"- and {len(files) - _FILES_SHOWN} more files"] if len(files) > _FILES_SHOWN else []
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def _for_people(before: Catalog, after: Catalog) -> Mapping[str, list[str]]:
    """Squad to sentences; a service that changes hands is told to both."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted({*before.squads, *after.squads}):
        lines = list(_squad(before.squads.get(name), after.squads.get(name)))
        if lines:
            said[name] += lines
    for name in sorted({*before.services, *after.services}):
        old, new = before.services.get(name), after.services.get(name)
        lines = [f"`{name}`: {line}" for line in _service(old, new)]
        for squad in sorted({service.squad for service in (old, new) if service}) if lines else ():
            said[squad] += lines
    return said


def _squad(old: Squad | None, new: Squad | None) -> Iterator[str]:
    if old is None or new is None:
        yield "a new squad" if old is None else "the squad is gone"
        return
    yield from _moved("alerts go to", old.slack.channel, new.slack.channel)
    yield from _moved("when that fails, to", old.slack.fallback, new.slack.fallback)
    yield from _moved("mentions", old.slack.mention, new.slack.mention)
    if old.on_call != new.on_call:
        yield "on-call hours or escalation change"


def _service(old: Service | None, new: Service | None) -> Iterator[str]:
    if old is None or new is None:
        yield "a new service: alerts begin" if old is None else "the service is gone: its alerts end"
        return
    yield from _moved("owner", old.squad, new.squad)
    yield from _moved("tier", old.tier, new.tier)
    yield from _moved("runbook", old.runbook, new.runbook)
    slos, newer = {slo.name: slo for slo in old.slos}, {slo.name: slo for slo in new.slos}
    for name in sorted({*slos, *newer}):
        yield from (f"**{name}** {line}" for line in _slo(slos.get(name), newer.get(name)))


def _slo(old: Slo | None, new: Slo | None) -> Iterator[str]:
    if new is None:
        yield "is gone: nobody is alerted of it any more"
        return
    if old is None:
        yield f"is new: {new.objective} % over {_windows(new)}{_in_slices(new)}"
        return
    if old.objective != new.objective:
        eased = "easier: alerts later" if new.objective < old.objective else "stricter: alerts earlier"
        times = f"{new.budget / old.budget:.2g} times the error budget"
        yield f"objective {old.objective} % → {new.objective} % ({eased}; {times})"
    yield from _moved("windows", _windows(old), _windows(new))
    yield from _moved("budgeting method", old.method.name, new.method.name)
    if old.sli != new.sli:
        yield "counts other events: what is good or bad changes"


def _windows(slo: Slo) -> str:
    """The one that decides first."""
    return ", ".join(window.label for window in slo.windows)


def _in_slices(slo: Slo) -> str:
    return "" if isinstance(slo.method, Occurrences) else f", in {slo.method.name}"


def _moved(what: str, old: object, new: object) -> Iterator[str]:
    if old != new:
        yield f"{what} {_plain(old)} → {_plain(new)}"


def _plain(value: object) -> str:
    """A value that says nothing to Markdown."""
    text = "nothing" if value is None else str(value)
    return f"`{text.replace('`', chr(39))}`" if any(mark in text for mark in "*_<>[]|`") else text


def _files(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new or not _is_told(path):
            continue
        if old is None or new is None:
            yield path, ["new" if old is None else "removed"]
        else:
            yield path, list(_called_out(changes(path, old, new)))


def _is_told(path: str) -> bool:
    return path.endswith((".json", ".yml")) and "/tests/" not in path


def _called_out(lines: Iterable[str]) -> Iterator[str]:
    """Alerts first: a changed alert is a changed night."""
    listed = list(lines)
    yield from sorted(listed, key=lambda line: not line.startswith("alert "))
