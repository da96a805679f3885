"""What to promise: in words, as JSON, and as YAML to paste into a definition."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from observatory.alerting import Replayed
from observatory.catalog import Calendar, ServiceSlo
from observatory.catalog.durations import duration_text
from observatory.evaluation import Severity
from observatory.evaluation.proposal import FEWEST, KEPT, PERCENTILES, Outlier, Proposal, Rung
from observatory.outputs.slack import numbers


@dataclass(frozen=True, slots=True)
class Bound:
    """A bucket of the histogram as the bound of a latency SLO."""

    below: timedelta
    good: float
    """Ratio of recent events that were in it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the past says of one SLO."""

    entry: ServiceSlo
    proposal: Proposal | None
    """None: there is no history to go by."""
    replayed: Replayed | None = None
    """What the proposed objective would have told."""
    bounds: tuple[Bound, ...] = ()
    """Of a latency SLO: every bucket there is, lowest first."""
    tightest: Bound | None = None
    """The lowest that keeps the present objective."""
    failure: str | None = None
    """Why it could not be measured."""
    outlier: Outlier | None = None
    """A day that decides alone."""
    outlier_ended: datetime | None = None
    idle: bool = False
    """It was seen, and nothing came."""


def as_text(suggestions: Sequence[Suggestion]) -> str:
    """A paragraph an SLO."""
    return "\n\n".join("\n".join(_words(one)) for one in suggestions) + "\n"


def as_yaml(suggestions: Sequence[Suggestion]) -> str:
    """What to paste: each SLO's name, objective and window, and the bound of a latency."""
    return "".join(f"{line}\n" for one in suggestions for line in _snippet(one))


def as_json(suggestions: Sequence[Suggestion]) -> str:
    """Ratios are numbers from 0 to 1, objectives per cent as text; what is unknown is null."""
    return json.dumps([_document(one) for one in suggestions], indent=2) + "\n"


def _words(one: Suggestion) -> Iterator[str]:
    proposal = one.proposal
    if one.failure is not None:
        yield f"{one.entry.id} could not be measured: {one.failure}"
        return
    if proposal is None:
        yield f"{one.entry.id}: {_IDLE if one.idle else _UNKNOWN}"
        return
    yield _headline(one, proposal)
    found = proposal.achieved
    window = _length(one.entry, found.window)
    several = "" if found.independent > 1 else ", which overlap: they are hardly more than one"
    yield f"  It was measured over {len(found.slis)} windows of {window}{several}."
    cells = (f"{share} %: {numbers.sli(found.percentile(share))}" for share in PERCENTILES)
    yield f"  SLI that so many of the windows fell short of: {', '.join(cells)}."
    yield from (f"  {_rung(rung)}" for rung in _near(proposal))
    if one.replayed is not None:
        yield f"  Over the past it would have told {_told(one.replayed)}."
    yield from (f"  {line}" for line in _advice(one, proposal))


_IDLE = "it was there all the time, but nothing came: no objective can be proposed. Let a probe ask it, and promise of that."
_UNKNOWN = (
    "there is no day of history to go by; ask again tomorrow, or see whether its selector finds anything."
)


def _length(entry: ServiceSlo, window: timedelta) -> str:
    """`30 d`, `a month`."""
    own = entry.slo.window
    if isinstance(own, Calendar) and window == timedelta(hours=own.length // timedelta(hours=1)):
        return f"a {own.calendar}"
    return numbers.span(window)


def _headline(one: Suggestion, proposal: Proposal) -> str:
    now = f"{one.entry.slo.objective.normalize():f} %"
    if proposal.objective is None:
        return f"{one.entry.id}: no objective can be proposed (it promises {now})."
    if proposal.objective == one.entry.slo.objective:
        return f"{one.entry.id}: keep {now}."
    return f"{one.entry.id}: promise {proposal.objective.normalize():f} % (it promises {now})."


def _near(proposal: Proposal) -> Sequence[Rung]:
    """The rungs around the proposal."""
    at = next((n for n, rung in enumerate(proposal.ladder) if rung.objective == proposal.objective), 0)
    return proposal.ladder[max(0, at - 1) : at + 3]


def _rung(rung: Rung) -> str:
    few = "" if rung.is_carried else ", too few to say anything"
    return (
        f"{f'{rung.objective.normalize():f} %':>9} kept in {numbers.percent(rung.kept)} of the windows;"
        f" a budget of {numbers.count(rung.budget)} bad events{few}"
    )


def _told(replayed: Replayed) -> str:
    severities = [alarm.severity for alarm in replayed.alarms]
    pages, tickets = severities.count(Severity.PAGE), severities.count(Severity.TICKET)
    days = (replayed.until - (replayed.since or replayed.after)) / timedelta(days=1)
    told = f"{pages} page{'' if pages == 1 else 's'} and {tickets} ticket{'' if tickets == 1 else 's'}"
    return f"{told} in {days:.0f} days"


def _advice(one: Suggestion, proposal: Proposal) -> Iterator[str]:
    found = proposal.achieved
    if not any(rung.is_carried for rung in proposal.ladder):
        a_day = proposal.needed / (found.window / timedelta(days=1))
        yield (
            f"Its traffic carries no objective: {numbers.count(found.events)} events a window are a budget of fewer than"
            f" {FEWEST} even at {proposal.ladder[0].objective} %. A probe of at least {numbers.count(a_day)} requests a"
            " day, a longer window, or an SLO of minutes (method: timeslices) would."
        )
    elif proposal.objective is None:
        yield f"None was kept in {KEPT:.0%} of the windows: first mend what breaks, or count what users really feel."
    if one.outlier is not None and one.outlier_ended is not None:
        yield (
            f"One day decides: the one until {one.outlier_ended:%Y-%m-%d %H:%M} UTC had"
            f" {numbers.percent(one.outlier.share)} of all bad events; without it"
            f" {one.outlier.objective.normalize():f} % would be proposed. Promise that only if such a day can't come again."
        )
    if one.tightest is not None:
        share = numbers.sli(one.tightest.good)
        yield f"{share} of the events of the last days took at most {duration_text(one.tightest.below)}: the lowest bound that keeps the objective."
    elif one.bounds:
        yield f"No bucket keeps the objective: {numbers.sli(one.bounds[-1].good)} took at most {duration_text(one.bounds[-1].below)}."


def _snippet(one: Suggestion) -> Iterator[str]:
    objective = None if one.proposal is None else one.proposal.objective
    if objective is None:
        yield f"# {one.entry.id}: nothing to propose"
        return
    yield f"# {one.entry.id}"
    yield f"- name: {one.entry.slo.name}"
    yield f"  objective: {objective.normalize():f}"
    if one.tightest is not None:
        yield f"  # below: {duration_text(one.tightest.below)}"


def _document(one: Suggestion) -> dict[str, Any]:
    proposal = one.proposal
    objective = None if proposal is None else proposal.objective
    return {
        "slo": one.entry.id,
        "objective": None if objective is None else str(objective),
        "promised": str(one.entry.slo.objective),
        "window": None if proposal is None else duration_text(proposal.achieved.window),
        "windows": 0 if proposal is None else len(proposal.achieved.slis),
        "events": None if proposal is None else proposal.achieved.events,
        "percentiles": {}
        if proposal is None
        else {str(share): proposal.achieved.percentile(share) for share in PERCENTILES},
        "ladder": []
        if proposal is None
        else [
            {
                "objective": str(rung.objective),
                "kept": rung.kept,
                "budget": rung.budget,
                "carried": rung.is_carried,
            }
            for rung in proposal.ladder
        ],
        "alarms": None if one.replayed is None else [alarm.severity.value for alarm in one.replayed.alarms],
        "bounds": [{"below": bound.below.total_seconds(), "good": bound.good} for bound in one.bounds],
        "tightest": None if one.tightest is None else one.tightest.below.total_seconds(),
        "outlier": None
        if one.outlier is None or one.outlier_ended is None
        else {
            "until": one.outlier_ended.isoformat().replace("+00:00", "Z"),
            "share": one.outlier.share,
            "objective": str(one.outlier.objective),
        },
        "idle": one.idle,
        "failure": one.failure,
    }
