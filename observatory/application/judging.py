"""From the history to what is known of every promise: SLOs, without what events leave out, events, and behaviours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from observatory.application.behaviours import Behaviours
from observatory.application.clumps import Clumps
from observatory.application.events.counting import Counting
from observatory.application.events.exclusions import LeaveOut
from observatory.application.events.occasions import Watch
from observatory.application.recorder import Recorder
from observatory.catalog import Catalog, ServiceSlo
from observatory.evaluation import Evaluation, Provenance, Roster, SloStatus, evaluate
from observatory.evaluation.exclusions import Adjustment, Exclusion, held_open
from observatory.evaluation.forecast import Forecast
from observatory.evaluation.journeys import Contribution, contributions
from observatory.evaluation.occasions import Occasion
from observatory.evaluation.slices import WithSlices

STALE_AFTER = timedelta(minutes=5)
"""Numbers older than this no longer speak of the present; with long ticks it takes two that failed."""


def patience(tick: timedelta, *, lag: timedelta) -> timedelta:
    """How old numbers may be that are measured every `tick`, so far behind now."""
    return max(STALE_AFTER, lag + 2 * tick)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything at one moment."""

    evaluation: Evaluation
    adjustments: Mapping[str, Adjustment] = field(default_factory=lambda: MappingProxyType({}))
    """By SLO id: what events leave out of it."""
    occasions: Sequence[Occasion] = ()
    contributions: Mapping[str, Sequence[Contribution]] = field(default_factory=lambda: MappingProxyType({}))
    """By the id of a journey's SLO."""
    behaviours: Mapping[str, tuple[ServiceSlo, SloStatus]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """What users do, by id."""
    forecasts: Mapping[str, Forecast] = field(default_factory=lambda: MappingProxyType({}))
    """By SLO id, where they were asked for: what lies ahead."""

    @property
    def decided_on(self) -> WithSlices:
        """What alerts are decided on."""
        slices = [pair for occasion in self.occasions for pair in occasion.slices.values()]
        beside = {one.id: (one.entry, status) for one, status in slices}
        return WithSlices(self.evaluation, {**beside, **self.behaviours})


class Judge:
    """Call it at every tick."""

    def __init__(self, recorder: Recorder) -> None:
        self.counting = Counting(recorder)
        self.clumps = Clumps(recorder)
        self._leave_out = LeaveOut(self.counting)
        self.watch = Watch(self.counting)
        self._behaviours = Behaviours(self.counting)

    def __call__(self, catalog: Catalog, roster: Roster, provenance: Provenance) -> Judgement:
        """Judge these SLOs of a catalog, and its events.

        Raises:
            Unavailable: the store can't be reached.
        """
        at = int(provenance.at.timestamp())
        entries, windows = roster.entries, roster.windows
        sums = self.counting.recorder.history.sums(windows, now=at)
        left_out = self._leave_out(catalog, entries, sums, windows, at=at)
        dispersion = self.clumps(entries, at=at)
        evaluation = evaluate(roster, left_out.sums, provenance, dispersion=dispersion)
        touched = [entry for entry in entries if entry.id in left_out.exclusions]
        adjustments: Mapping[str, Adjustment] = {}
        if touched:
            plain = evaluate(touched, sums, provenance, dispersion=dispersion)
            adjustments = _adjustments(left_out.exclusions, plain)
            evaluation = _holding(evaluation, left_out.exclusions)
        return Judgement(
            evaluation,
            adjustments,
            self.watch(catalog, evaluation.statuses(), at=datetime.fromtimestamp(at, UTC)),
            {entry.id: contributions(entry, sums) for entry in entries if entry.parts},
            self._behaviours(catalog, provenance),
        )


def _adjustments(found: Mapping[str, Exclusion], plain: Evaluation) -> Mapping[str, Adjustment]:
    statuses: Mapping[str, SloStatus] = plain.statuses()
    return {slo: Adjustment(one, statuses[slo]) for slo, one in found.items() if slo in statuses}


def _holding(evaluation: Evaluation, found: Mapping[str, Exclusion]) -> Evaluation:
    """Incidents that were open when such a time began stay open in it."""
    now = [slo for slo, one in found.items() if one.under_way and not one.refused]
    if not now:
        return evaluation
    return replace(evaluation, table=held_open(evaluation.table, now))
