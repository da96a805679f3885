"""`observatory backtest`: definitions replayed over the past, through the evaluation and the decisions of a tick."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from observatory.alerting import Replayed, replay
from observatory.application.past import Counted, Past, Span, at_every_tick, lead_of
from observatory.catalog import JourneySlo, Service, ServiceSlo, Slo
from observatory.measurement import RunningSums

_TOGETHER = 24
"""SLOs whose ticks are held at once: two months of one are 4 MB."""


@dataclass(frozen=True, slots=True)
class Version:
    """What SLOs would have done as one version of the catalog defines them."""

    replays: list[Replayed] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    """By SLO id: why it could not be measured, in Prometheus's words."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """Call it with the versions of some SLOs, and a span."""

    past: Past
    lag: timedelta
    """How long after its end a tick is looked at."""

    def __call__(
        self, versions: Sequence[Sequence[ServiceSlo]], span: Span, *, tell: Callable[[float], object] = id
    ) -> tuple[Version, ...]:
        """Replay each version; SLOs that count the same in two of them are asked for once.

        Raises:
            Unavailable: the store can't be reached.
        """
        results = tuple(Version() for _ in versions)
        ids = sorted({entry.id for entries in versions for entry in entries})
        for start in range(0, len(ids), _TOGETHER):
            batch = frozenset(ids[start : start + _TOGETHER])
            some = [[entry for entry in entries if entry.id in batch] for entries in versions]
            self._replay(some, span, results, tell=_part(tell, start / len(ids), len(batch) / len(ids)))
        return results

    def _replay(
        self,
        versions: Sequence[Sequence[ServiceSlo]],
        span: Span,
        results: Sequence[Version],
        *,
        tell: Callable[[float], object],
    ) -> None:
        lead = lead_of(entry for entries in versions for entry in entries)
        known: dict[str, tuple[ServiceSlo, RunningSums]] = {}
        for entries, result in zip(versions, results, strict=True):
            new = [
                entry
                for entry in entries
                if not (entry.id in known and counts_alike(entry, known[entry.id][0]))
            ]
            counted = self.past(new, span, lead=lead, tell=tell) if new else Counted({}, {})
            result.failures.update(counted.failures)
            known |= {entry.id: (entry, counted.sums[entry.id]) for entry in new if entry.id in counted.sums}
            for entry in entries:
                if entry.id not in counted.failures:
                    moments = at_every_tick(entry, known[entry.id][1], span)
                    result.replays.append(replay(moments, lag=self.lag))


def counts_alike(one: ServiceSlo, other: ServiceSlo) -> bool:
    """Whether both count the same events, whatever they promise of them."""
    return _what_counts(one) == _what_counts(other)


def _what_counts(entry: ServiceSlo) -> tuple[object, ...]:
    match entry.service, entry.slo:
        case Service(selector=selector), Slo(sli=sli):
            return entry.column, selector, sli
        case _, JourneySlo(combine=combine):
            return entry.column, combine, [(part, _what_counts(of)) for part, of in entry.parts]
        case _:
            raise TypeError(f"{entry.id} is of no service and no journey")


def _part(tell: Callable[[float], object], begin: float, size: float) -> Callable[[float], object]:
    """Told shares of a part, tells shares of the whole."""
    return lambda share: tell(begin + share * size)
