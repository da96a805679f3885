"""From window sums to the evaluation of all SLOs: one table, a handful of array operations a column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.catalog import ServiceSlo
from observatory.catalog.durations import duration_text
from observatory.evaluation.budgets import Budgets, budgets, coverage, divide
from observatory.evaluation.counts import Counts
from observatory.evaluation.evaluation import Evaluation, Further
from observatory.evaluation.promises import Promises
from observatory.evaluation.roster import Roster
from observatory.evaluation.rules import Evidence, Verdict, judge
from observatory.evaluation.states import COMPLETE, Facts, states
from observatory.evaluation.tiers import TIERS, Tier, alert_windows

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Columns = dict[tuple[str, str], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the sums come from, and how far they may be trusted."""

    at: datetime
    """The end of the newest bucket that was summed."""
    now: datetime
    """This moment; the sums are stale when `at` is older than `stale_after`."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """By SLO id: why its query failed in this tick."""
    history_since: Mapping[str, int] = field(default_factory=dict)
    """By column: the Unix second from which its history is complete. Absent: it is no longer than what was seen."""
    stale_after: timedelta = timedelta(minutes=5)
    tick: timedelta = timedelta(minutes=1)
    """Between the counts."""

    @property
    def stale(self) -> bool:
        """The source has not been reached for a while."""
        return self.now - self.at > self.stale_after


def evaluate(
    entries: Roster | Sequence[ServiceSlo],
    sums: pd.DataFrame,
    provenance: Provenance,
    *,
    dispersion: pd.Series | None = None,
    moments: Floats | None = None,
) -> Evaluation:
    """Evaluate all SLOs in one table; `Evaluation.table` documents its columns.

    Args:
        entries: the SLOs, their ids distinct; a roster, where the same ones are evaluated again and again.
        sums: index `ServiceSlo.column`, columns (window label, field of `observatory.measurement.FIELDS`), for every
            window of `windows_for(entries)`. An SLO without a row was never seen.
        provenance: where the sums come from.
        dispersion: φ by column (`observatory.evaluation.dispersion`); 1 where none is given.
        moments: (N,) Unix seconds at which each SLO's windows end, where that is not `provenance.at` for all.

    Raises:
        DefinitionError: `sums` lacks a window.
    """
    roster = Roster.of(entries)
    promises = roster.promises
    at = np.full(len(promises.rows), provenance.at.timestamp()) if moments is None else moments
    counts = Counts(sums, promises)
    counts.require([*alert_windows(), *_own_windows(promises)])
    own = budgets(promises, counts, moments=at, since=_since(promises, provenance))
    phi = _aligned(dispersion, promises)
    habits = _Habits(own.usual.events, phi, _busy_tick(counts, provenance.tick))
    verdicts = {tier: _verdict(tier, promises, counts, habits) for tier in TIERS}
    windows = _windows(promises, counts, own.usual.history)
    failed = np.array([slo in provenance.failures for slo in promises.ids], dtype=bool)
    facts = _facts(own, windows, verdicts, failed=failed, stale=provenance.stale)
    table = pd.DataFrame(
        _budget_columns(own, at)
        | {("slo", "dispersion"): phi}
        | windows
        | _tier_columns(verdicts, windows, unknown=facts.unknown),
        index=pd.Index(promises.ids, name="slo", dtype=str),
    )
    table["slo", "state"] = states(facts)
    further = _further(roster.further, sums, provenance)
    return Evaluation(provenance.at, table, promises, provenance.failures, further)


def _further(promises: Promises, sums: pd.DataFrame, provenance: Provenance) -> Further:
    """The budgets over further windows."""
    counts = Counts(sums, promises)
    counts.require(_own_windows(promises))
    at = np.full(len(promises.rows), provenance.at.timestamp())
    own = budgets(promises, counts, moments=at, since=_since(promises, provenance))
    return Further(promises, pd.DataFrame(_budget_columns(own, at)))


def _own_windows(promises: Promises) -> Iterator[str]:
    for promise in promises.distinct:
        yield from {promise.label: None, duration_text(promise.usual): None}


def _since(promises: Promises, provenance: Provenance) -> Floats:
    known = provenance.history_since
    return np.array([known.get(column, np.nan) for column in promises.columns], dtype=np.float64)


def _aligned(dispersion: pd.Series | None, promises: Promises) -> Floats:
    if dispersion is None:
        return np.ones(len(promises.rows))
    return dispersion.reindex(list(promises.columns)).fillna(1.0).to_numpy(dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Habits:
    """(N,) what is usual for each SLO; see `Evidence`."""

    expected: Floats
    dispersion: Floats
    busy_tick: Floats


def _busy_tick(counts: Counts, tick: timedelta) -> Floats:
    """(N,) events of a tick in which there were any, on the mean over each SLO's usual window."""
    return divide(counts.over_usual("total"), counts.over_usual("measured")) * tick.total_seconds()


def _verdict(tier: Tier, promises: Promises, counts: Counts, habits: _Habits) -> Verdict:
    """By each SLO's own rule; nothing where the tier's long window is longer than the SLO's."""
    long, short = duration_text(tier.long), duration_text(tier.short)
    evidence = Evidence(
        bad_long=counts.over(long, "bad"),
        total_long=counts.over(long, "total"),
        bad_ticks=counts.over(long, "bad_ticks"),
        bad_short=counts.over(short, "bad"),
        total_short=counts.over(short, "total"),
        expected=habits.expected,
        dispersion=habits.dispersion,
        busy_tick=habits.busy_tick,
    )
    by_exact = promises.column(lambda promise: promise.rule == "exact") > 0
    applies = promises.seconds >= tier.long.total_seconds()
    return judge(evidence, promises.limits(tier), by_exact=by_exact, applies=applies)


def _windows(promises: Promises, counts: Counts, history: Floats) -> Columns:
    columns: Columns = {}
    for label, length in alert_windows().items():
        bad, total = counts.over(label, "bad"), counts.over(label, "total")
        covered = counts.over(label, "measured") + counts.over(label, "idle")
        columns[label, "bad"] = bad
        columns[label, "total"] = total
        columns[label, "coverage"] = coverage(covered, length.total_seconds(), history)
        columns[label, "burn"] = divide(bad, total) / promises.budget
    return columns


def _facts(
    own: Budgets, windows: Columns, verdicts: Mapping[Tier, Verdict], *, failed: Flags, stale: bool
) -> Facts:
    newest, last_hour = next(iter(alert_windows())), duration_text(TIERS[0].long)
    return Facts(
        failed=failed,
        stale=np.full(failed.shape, stale),
        lost=~(own.covered > 0) | ~(windows[newest, "coverage"] > 0),
        firing=np.logical_or.reduce([verdict.firing for verdict in verdicts.values()]),
        remaining=1 - own.consumed,
        coverage=np.minimum(own.coverage, windows[last_hour, "coverage"]),
        total=np.where(own.in_slices, own.measured, own.total),
        history=own.history / own.period.elapsed,
    )


def _budget_columns(own: Budgets, at: Floats) -> Columns:
    known = (own.history >= own.period.elapsed) | (own.history == 0)
    columns = {
        "sli": own.sli,
        "bad": own.bad,
        "total": own.total,
        "budget": own.events,
        "consumed": own.consumed,
        "remaining": 1 - own.consumed,
        "affordable": own.affordable,
        "coverage": own.coverage,
        "budget_minutes": own.ratio * own.period.seconds / 60,
        "since": np.where(known, np.nan, at - own.history),
        "starts": at - own.period.elapsed,
        "ends": at - own.period.elapsed + own.period.seconds,
    }
    return {("slo", name): column for name, column in columns.items()}


def _tier_columns(verdicts: Mapping[Tier, Verdict], windows: Columns, *, unknown: Flags) -> Columns:
    columns: Columns = {}
    for tier, verdict in verdicts.items():
        seen = windows[duration_text(tier.short), "coverage"] >= COMPLETE
        quiet = np.where(seen, 1.0, np.nan)
        columns[tier.name, "firing"] = verdict.firing
        columns[tier.name, "clear"] = np.where(unknown, np.nan, np.where(verdict.burning, 0.0, quiet))
        columns[tier.name, "tail"] = verdict.tail
    return columns
