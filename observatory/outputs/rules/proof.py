"""A `promtool test rules` file for a service: its own counters go in, the organisation's alerts must come out.

For every SLO: healthy traffic stays silent, missing data burns nothing and is told, and a burn that its fast tier can
see pages and recovers, with every event counted once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from observatory.catalog import (
    ErrorOrSlow,
    Events,
    Latency,
    Occurrences,
    RatioTimeslices,
    Service,
    Sli,
    Slo,
    Timeslices,
)
from observatory.catalog.durations import duration_text
from observatory.evaluation.tiers import TIERS
from observatory.outputs.rules.counting import narrowed, within_bound
from observatory.outputs.rules.organisation import BAD_SUM, BUDGETS, NOT_MEASURED, PAGES, alert_name
from observatory.outputs.rules.series import example
from observatory.outputs.rules.service import BAD, TOTAL, expressible
from observatory.outputs.rules.unit_tests import Expectation, head_of, unit_test

_PER_MINUTE = 10_000
_QUIET, _BURNING, _AFTER = 15, 60, 20
"""Minutes of good traffic, of burning until the long window holds nothing else, and of good traffic again."""
_END = _QUIET + _BURNING + _AFTER
_FAST = TIERS[0]


@dataclass(frozen=True, slots=True)
class _Counters:
    """Counters of one SLI: those that every good event moves, and those that every bad one does."""

    good: tuple[str, ...]
    bad: tuple[str, ...]


def service_proof(service: Service, *, path: str) -> str:
    """The text of `alert_rules/tests/<squad>/<service>.yml`."""
    head = head_of(
        path,
        files=[f"../../{service.squad}/{service.name}.yml", "../../organisation.yml"],
        groups=[service.name, PAGES, BUDGETS],
    )
    return head + "".join(_tests(service, slo) for slo in service.slos if expressible(slo))


def _tests(service: Service, slo: Slo) -> str:
    """Nothing when no series can be made up for the SLO's selectors: then only real data can prove its rules."""
    counters = _counters(narrowed(slo.sli, dict(service.selector)))
    missing = unit_test(f"{slo.name}: missing data burns nothing, and is told", {}, _unknown(service, slo))
    if counters is None:
        return missing
    return _healthy(service, slo, counters) + _burn(service, slo, counters) + missing


def _healthy(service: Service, slo: Slo, counters: _Counters) -> str:
    """Half of what the budget allows goes wrong, all the time; and half of what a slice of it does."""
    allowed = slo.method.allowed if isinstance(slo.method, Timeslices) else slo.budget
    bad = min(allowed, slo.budget) * _PER_MINUTE / 2
    series = _merged(counters, good=[(2 * _QUIET, _PER_MINUTE - bad)], bad=[(2 * _QUIET, bad)])
    return unit_test(f"{slo.name}: healthy traffic stays silent", series, _silent(service, slo))


def _burn(service: Service, slo: Slo, counters: _Counters) -> str:
    """Twice the fast tier's burn for long enough to be seen over its long window, or nothing when that is impossible."""
    window = slo.window.length
    factor = _FAST.burn(window)
    if _FAST.long > window or factor * slo.budget >= 1:
        return ""
    bad = _bad_per_minute(factor, slo)
    good = _PER_MINUTE - bad
    spent, whole = _judged(slo, bad)
    series = _merged(
        counters,
        good=[(_QUIET, _PER_MINUTE), (_BURNING, good), (_AFTER, _PER_MINUTE)],
        bad=[(_QUIET, 0), (_BURNING, bad), (_AFTER, 0)],
    )
    name, selector = alert_name(_FAST), f'service="{service.name}",slo="{slo.name}"'
    alerts = f'ALERTS{{alertname="{name}",{selector}}}'
    firing = (
        f'ALERTS{{alertname="{name}",alertstate="firing",service="{service.name}",severity="page",'
        f'slo="{slo.name}",slo_window="{slo.window.label}",squad="{service.squad}",tier="{_FAST.name}"}}'
    )
    long = f'{BAD_SUM}{{window="{duration_text(_FAST.long)}",{selector}}}'
    return unit_test(
        f"{slo.name}: a fast burn pages and recovers, and every event is counted once",
        series,
        [
            Expectation(_QUIET, alerts),
            Expectation(_QUIET + _BURNING, alerts, ((firing, 1),)),
            Expectation(_END, alerts),
            Expectation(_QUIET + _BURNING, f"sum({long})", (("{}", spent * _BURNING),)),
            _counted(BAD, selector, _END, spent * _BURNING),
            _counted(TOTAL, selector, _END, whole * (_END - _WARM_UP)),
        ],
    )


_WARM_UP = 10
"""Minutes in which a first sight of the counters is not yet taken for a birth; the first bucket is lost."""


def _counted(record: str, selector: str, minute: int, events: float) -> Expectation:
    since = minute - _WARM_UP - 1
    return Expectation(minute, f"sum(sum_over_time({record}{{{selector}}}[{since}m]))", (("{}", events),))


def _bad_per_minute(factor: Decimal, slo: Slo) -> int:
    """Half way between the alert's threshold and a full outage, or twice the threshold when that is less.

    In slices what is half way to all bad, so that each is bad; of their ratios half, or all, which adds up exactly.
    """
    threshold = Fraction(factor * slo.budget)
    match slo.method:
        case Occurrences():
            return max(2, round(min(2 * threshold, (1 + threshold) / 2) * _PER_MINUTE))
        case Timeslices(allowed=allowed):
            return round((1 + Fraction(allowed)) / 2 * _PER_MINUTE)
        case RatioTimeslices():
            return _PER_MINUTE // 2 if threshold < _HALF else _PER_MINUTE


_HALF = Fraction(1, 2)


def _judged(slo: Slo, bad: int) -> tuple[int | float, int]:
    """What a minute counts as, bad and in all: its events, or one slice."""
    match slo.method:
        case Occurrences():
            return bad, _PER_MINUTE
        case Timeslices():
            return 1, 1
        case RatioTimeslices():
            return bad / _PER_MINUTE, 1


def _silent(service: Service, slo: Slo) -> list[Expectation]:
    alerts = f'ALERTS{{service="{service.name}",slo="{slo.name}"}}'
    return [Expectation(minute, alerts) for minute in (_QUIET, 2 * _QUIET)]


def _unknown(service: Service, slo: Slo) -> list[Expectation]:
    """No budget burns, and that nobody can know is an alert."""
    selector = f'service="{service.name}",slo="{slo.name}"'
    told = (
        f'ALERTS{{alertname="{NOT_MEASURED}",alertstate="firing",service="{service.name}",severity="ticket",'
        f'slo="{slo.name}",slo_window="{slo.window.label}",squad="{service.squad}"}}'
    )
    return [
        Expectation(_QUIET, f"slo:burn_rate:ratio{{{selector}}}"),
        Expectation(2 * _QUIET, f"ALERTS{{{selector}}}", ((told, 1),)),
    ]


def _counters(sli: Sli) -> _Counters | None:
    """Made-up series of an SLI, or None when a selector is beyond making up, as promtool's numbers are no histogram."""
    match sli:
        case Events(total=total, bad=bad) if bad:
            errors, others = example(bad[0]), example(total[0], avoiding=bad)
            apart = [example(total[0])] if bad[0].metric != total[0].metric else []
            return _known([others], [errors, *apart])
        case Events(total=total, good=good):
            successes, others = example(good[0]), example(total[0], avoiding=good)
            apart = [others] if good[0].metric != total[0].metric else []
            return _known([successes, *apart], [others])
        case Latency(native_histogram=None):
            count = example(sli.count)
            return _known([example(within_bound(sli)), count], [count])
        case ErrorOrSlow(native_histogram=None, total=total, bad=bad) if bad:
            every = [example(total[0], avoiding=bad), example(sli.count)]
            return _known([example(within_bound(sli)), *every], every)
        case ErrorOrSlow(native_histogram=None, total=total):
            return _known([example(within_bound(sli)), example(total[0])], [example(total[0])])
        case _:
            return None


def _known(good: list[str | None], bad: list[str | None]) -> _Counters | None:
    series = tuple(name for name in good if name), tuple(name for name in bad if name)
    return None if None in (*good, *bad) else _Counters(*series)


_Phases = Sequence[tuple[int, Decimal | int]]


def _merged(counters: _Counters, *, good: _Phases, bad: _Phases) -> dict[str, str]:
    """Each series with its values: a counter moved by good and bad events gets both."""
    moved: dict[str, list[_Phases]] = {}
    for names, phases in ((counters.good, good), (counters.bad, bad)):
        for name in names:
            moved.setdefault(name, []).append(phases)
    return {name: _values(every) for name, every in moved.items()}


def _values(every: Sequence[_Phases]) -> str:
    """Promtool's notation: start+step x count, phase by phase."""
    value, text = Decimal(0), []
    for phases in zip(*every, strict=True):
        minutes, step = phases[0][0], sum((Decimal(rate) for _, rate in phases), Decimal(0))
        text.append(f"{value.normalize():f}+{Decimal(step).normalize():f}x{minutes - 1}")
        value += step * minutes
    return " ".join([*text, f"{value.normalize():f}"])
