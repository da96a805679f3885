"""Times that are left out of the numbers: what was counted in them is taken out again, and they count as idle.

Idle burns nothing and is not missing, so a window keeps its length and its coverage. Nothing is written to the history:
whoever takes an event out of the catalog again has the numbers of before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.catalog import MOST_EXCLUDED, Catalog, ServiceSlo
from observatory.catalog.durations import duration_text
from observatory.evaluation.model import SloStatus
from observatory.measurement import FIELDS

WindowSums = pd.DataFrame
"""Index column of the history, columns (window label, field)."""
Reach = tuple[int, int]
"""The half-open span (after, until], Unix seconds."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What is left out of one SLO's window now."""

    slo: str
    events: tuple[str, ...]
    """The names of the events that ask for it, sorted."""
    spans: tuple[Reach, ...]
    """Ascending and apart from each other; none is older than the longest of the SLO's windows."""
    seconds: float
    """How long they are in the window that decides."""
    share: float
    """Of that window."""
    refused: bool
    """More than may be left out: then nothing is."""
    under_way: bool
    """This very moment is left out."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An exclusion, and the numbers as they were without it."""

    exclusion: Exclusion
    unadjusted: SloStatus


def exclusions(
    catalog: Catalog, starts: Mapping[str, int], *, at: int, most: Decimal = MOST_EXCLUDED
) -> Sequence[Exclusion]:
    """What is left out of which SLO, ordered by id; nothing for SLOs that no event touches.

    Args:
        catalog: the definitions.
        starts: by the label of a window: where it begins, Unix seconds.
        at: where windows end.
        most: the share of an SLO's window that may be left out.
    """
    asked = asking(catalog, after=min(starts.values(), default=at), until=at)
    found = (
        _exclusion(one, merged(one.spans, _reach(one.entry, starts)), starts, at=at, most=most)
        for one in asked.values()
    )
    return sorted((one for one in found if one.spans), key=lambda one: one.slo)


@dataclass(frozen=True, slots=True)
class Asking:
    """What events ask to leave out of one SLO."""

    entry: ServiceSlo
    events: tuple[str, ...]
    """The names of those that do."""
    spans: tuple[Reach, ...]
    """As each of them says it: they may overlap."""


def asking(catalog: Catalog, *, after: int, until: int) -> Mapping[str, Asking]:
    """What events ask to leave out between two moments (Unix seconds), by SLO id."""
    touching: dict[str, Asking] = {}
    for event in catalog.events.values():
        if event.mode != "exclude":
            continue
        spans = tuple(
            (int(span.start.timestamp()), min(int(span.end.timestamp()), until))
            for span in event.schedule.spans(_moment(after), _moment(until))
        )
        for entry in catalog.affected(event) if spans else ():
            before = touching.get(entry.id, Asking(entry, (), ()))
            touching[entry.id] = Asking(entry, (*before.events, event.name), (*before.spans, *spans))
    return touching


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What the times that are left out hold: N columns of the history, W windows, F fields."""

    columns: Sequence[str]
    windows: Sequence[str]
    """Labels."""
    counted: NDArray[np.float64]
    """(N, W, F) what was counted in the part of each window."""
    seconds: NDArray[np.float64]
    """(N, W) how long that part is."""


def leave_out(sums: WindowSums, out: Counted) -> WindowSums:
    """The sums without what was counted in the times that are left out; `sums` as `evaluate` takes them."""
    values = sums.to_numpy(dtype=np.float64, copy=True)
    rows = sums.index.get_indexer(pd.Index(out.columns))
    wide = pd.MultiIndex.from_product([out.windows, FIELDS])
    columns = sums.columns.get_indexer(wide)
    values[np.ix_(rows, columns)] -= out.counted.reshape(len(rows), -1)
    idle = columns.reshape(-1, len(FIELDS))[:, FIELDS.index("idle")]
    values[np.ix_(rows, idle)] += out.seconds
    return pd.DataFrame(values, index=sums.index, columns=sums.columns)


def held_open(table: pd.DataFrame, slos: Iterable[str]) -> pd.DataFrame:
    """The table of an evaluation in which nothing of these SLOs is clear.

    What burned before a time that is left out is not over because nobody looks.
    """
    held = table.copy()
    rows = [slo for slo in slos if slo in held.index]
    for column in held.columns:
        if column[1] == "clear":
            held.loc[rows, column] = float("nan")
    return held


def _reach(entry: ServiceSlo, starts: Mapping[str, int]) -> int:
    """Where the first of an SLO's windows begins, or the rolling one beside a calendar's."""
    labels = {
        label
        for window in entry.slo.windows
        for label in (window.label, duration_text(timedelta(days=window.length.days)))
    }
    return min(starts[label] for label in labels if label in starts)


def _exclusion(
    one: Asking, spans: tuple[Reach, ...], starts: Mapping[str, int], *, at: int, most: Decimal
) -> Exclusion:
    begins = starts[one.entry.slo.window.label]
    seconds = sum(max(0, until - max(after, begins)) for after, until in spans)
    whole = one.entry.slo.window.length.total_seconds()
    return Exclusion(
        slo=one.entry.id,
        events=tuple(sorted(set(one.events))),
        spans=spans,
        seconds=seconds,
        share=seconds / whole,
        refused=seconds > float(most) * whole,
        under_way=any(after < at <= until for after, until in spans),
    )


def merged(reaches: Iterable[Reach], start: int) -> tuple[Reach, ...]:
    """The same time after `start`, in spans that are ascending and apart from each other."""
    found: list[Reach] = []
    for after, until in sorted(reaches):
        if until <= start:
            continue
        if found and after <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((max(after, start), until))
    return tuple(found)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
