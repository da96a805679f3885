"""What Prometheus's own rules say of our SLOs, beside what we measure: either is enough for an incident, and it is one.

Where we see, our numbers are shown, and both have to be clear for the end. Where we don't, the rules' word counts for
the beginning and for the end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from observatory.alerting.decide import Judged
from observatory.alerting.reports import Report
from observatory.catalog import Catalog, ServiceSlo
from observatory.evaluation import TIERS, Severity, SloStatus, State, TierStatus

_BLIND = frozenset({State.NO_DATA, State.QUERY_FAILED, State.STALE})


@dataclass(frozen=True, slots=True)
class Witnessed:
    """An evaluation, and the alerts that speak of the same SLOs."""

    evaluation: Judged
    reports: Mapping[str, Sequence[Report]]
    """By SLO id."""
    now: datetime

    def __contains__(self, slo: str) -> bool:
        """Whether this SLO was evaluated."""
        return slo in self.evaluation

    def entry(self, slo: str) -> ServiceSlo:
        """The promise of this id."""
        return self.evaluation.entry(slo)

    def firing(self) -> Sequence[str]:
        """Of which a tier fires, or an alert."""
        told = [slo for slo, reports in self.reports.items() if any(one.firing for one in reports)]
        return tuple(dict.fromkeys([*self.evaluation.firing(), *(slo for slo in told if slo in self)]))

    def status(self, slo: str) -> SloStatus:
        """How it stands, with the tiers of alerts that fire among those that do."""
        status, reports = self.evaluation.status(slo), self.reports.get(slo, ())
        if not reports:
            return status
        fires = {_tier(one, status) for one in reports if one.firing}
        own = {tier.name: tier for tier in status.tiers}
        blind = status.state in _BLIND
        over = {_tier(one, status) for one in reports if not one.firing} if blind else set()
        tiers = [_judged(tier, fires, over) for tier in status.tiers]
        tiers += [_unknown(name) for name in sorted(fires - own.keys())]
        if not blind:
            return replace(status, tiers=tuple(tiers))
        # The newest bucket is of before we went blind; what we are told is of now.
        names = tuple(sorted({one.alert.name for one in reports if one.firing}))
        return replace(status, at=self.now, state=State.NO_DATA, tiers=tuple(tiers), told_by=names)


def witnessed(evaluation: Judged, reports: Iterable[Report], catalog: Catalog, *, now: datetime) -> Witnessed:
    """The evaluation with those reports beside it that speak of an SLO of the catalog."""
    of: dict[str, list[Report]] = {}
    for report in reports:
        promise = report.alert.promise(catalog)
        if promise is not None and promise.id in evaluation:
            of.setdefault(promise.id, []).append(report)
    return Witnessed(evaluation, of, now)


def _judged(tier: TierStatus, fires: set[str], over: set[str]) -> TierStatus:
    """`over` are tiers whose alert has ended where we can't see ourselves: the rules' word is all there is."""
    if tier.name in fires:
        return replace(tier, firing=True, clear=False)
    return replace(tier, clear=True) if tier.name in over and tier.clear is None else tier


def _tier(report: Report, status: SloStatus) -> str:
    """The tier that the alert names, or else the quickest of its severity."""
    severity, named = report.alert.labels.get("severity"), report.alert.labels.get("tier")
    known = [tier.name for tier in status.tiers if tier.severity == severity]
    usual = [tier.name for tier in TIERS if tier.severity == severity]
    return named if named in usual else next(iter([*known, *usual]))


def _unknown(name: str) -> TierStatus:
    """A tier that this SLO's own window is too short for."""
    tier = next(one for one in TIERS if one.name == name)
    return TierStatus(
        name=name,
        severity=Severity(tier.severity),
        long="",
        short="",
        threshold=tier.burn(tier.long),
        firing=True,
        clear=False,
    )
