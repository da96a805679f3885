"""A `promtool test rules` file for a service: its own counters go in, the organisation's alerts must come out.

For every SLO: healthy traffic stays silent, missing data burns nothing and is told, and a burn that its fast tier can
see pages and recovers, with every event counted once. Where events leave times out, the same burn and the same silence
in such a time are nobody's news.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from observatory.catalog import (
    ErrorOrSlow,
    Event,
    Events,
    Journey,
    JourneySlo,
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
from observatory.outputs.rules.exclusions import ACTIVE, Excluded
from observatory.outputs.rules.organisation import BAD_SUM, BUDGETS, NOT_MEASURED, PAGES, alert_name
from observatory.outputs.rules.series import example
from observatory.outputs.rules.service import BAD, TOTAL, UNADJUSTED_BAD, expressible
from observatory.outputs.rules.unit_tests import Expectation, head_of, unit_test

PER_MINUTE = 10_000
QUIET, BURNING, AFTER = 15, 60, 20
"""Minutes of good traffic, of burning until the long window holds nothing else, and of good traffic again."""
END = QUIET + BURNING + AFTER
_FAST = TIERS[0]


@dataclass(frozen=True, slots=True)
class _Counters:
    """Counters of one SLI: those that every good event moves, and those that every bad one does."""

    good: tuple[str, ...]
    bad: tuple[str, ...]


def service_proof(service: Service, out: Excluded, *, path: str) -> str:
    """The text of `alert_rules/tests/<squad>/<service>.yml`."""
    tests = (
        _tests(service, slo, out.get(f"{service.name}/{slo.name}", ()))
        for slo in service.slos
        if expressible(slo)
    )
    return proof_head(service, path) + "".join(tests)


def proof_head(owner: Service | Journey, path: str) -> str:
    """The top of the file of tests of a service or a journey."""
    return head_of(
        path,
        files=[f"../../{owner.squad}/{owner.name}.yml", "../../organisation.yml"],
        groups=[owner.name, PAGES, BUDGETS],
    )


def _tests(service: Service, slo: Slo, events: Sequence[Event]) -> str:
    """Nothing when no series can be made up for the SLO's selectors: then only real data can prove its rules."""
    counters = _counters(narrowed(slo.sli, dict(service.selector)))
    missing = unmeasured_test(service, slo)
    if counters is None:
        return missing
    healthy = unit_test(
        f"{slo.name}: healthy traffic stays silent", _calm(slo, counters), silent(service, slo)
    )
    return healthy + _burn(service, slo, counters, events) + missing


def _calm(slo: Slo, counters: _Counters) -> Mapping[str, str]:
    """Half of what the budget allows goes wrong, all the time; and half of what a slice of it does."""
    allowed = slo.method.allowed if isinstance(slo.method, Timeslices) else slo.budget
    bad = min(allowed, slo.budget) * PER_MINUTE / 2
    return _merged(counters, good=[(2 * QUIET, PER_MINUTE - bad)], bad=[(2 * QUIET, bad)])


def _burn(service: Service, slo: Slo, counters: _Counters, events: Sequence[Event]) -> str:
    """Twice the fast tier's burn for long enough to be seen over its long window, or nothing when that is impossible."""
    if not can_burn(slo):
        return ""
    bad = bad_per_minute(slo)
    spent, whole = in_a_minute(slo, bad)
    series = _merged(
        counters,
        good=[(QUIET, PER_MINUTE), (BURNING, PER_MINUTE - bad), (AFTER, PER_MINUTE)],
        bad=[(QUIET, 0), (BURNING, bad), (AFTER, 0)],
    )
    selector = f'service="{service.name}",slo="{slo.name}"'
    total = counted(TOTAL, selector, END, whole * (END - _WARM_UP))
    test = burn_test(service, slo, series, spent=spent, further=[total])
    return test + (excluded_tests(service, slo, series, events, spent=spent) if events else "")


def can_burn(slo: Slo | JourneySlo) -> bool:
    """Whether there is a share of bad events at which the fast tier fires."""
    return _FAST.long <= slo.window.length and _FAST.burn(slo.window.length) * slo.budget < 1


def burn_test(
    owner: Service | Journey,
    slo: Slo | JourneySlo,
    series: Mapping[str, str],
    *,
    spent: float,
    further: Sequence[Expectation] = (),
) -> str:
    """A test that a fast burn pages and recovers, and that every event is counted once.

    Args:
        owner: the service or journey.
        slo: its SLO.
        series: quiet, then burning, then quiet again, in promtool's notation.
        spent: bad events of each minute that burns.
        further: what else comes of it.
    """
    name, selector = alert_name(_FAST), f'service="{owner.name}",slo="{slo.name}"'
    alerts = f'ALERTS{{alertname="{name}",{selector}}}'
    firing = (
        f'ALERTS{{alertname="{name}",alertstate="firing",service="{owner.name}",severity="page",'
        f'slo="{slo.name}",slo_window="{slo.window.label}",squad="{owner.squad}",tier="{_FAST.name}"}}'
    )
    long = f'{BAD_SUM}{{window="{duration_text(_FAST.long)}",{selector}}}'
    return unit_test(
        f"{slo.name}: a fast burn pages and recovers, and every event is counted once",
        series,
        [
            Expectation(QUIET, alerts),
            Expectation(QUIET + BURNING, alerts, ((firing, 1),)),
            Expectation(END, alerts),
            Expectation(QUIET + BURNING, f"sum({long})", (("{}", spent * BURNING),)),
            counted(BAD, selector, END, spent * BURNING),
            *further,
        ],
    )


def excluded_tests(
    owner: Service | Journey,
    slo: Slo | JourneySlo,
    series: Mapping[str, str],
    events: Sequence[Event],
    *,
    spent: float,
) -> str:
    """Tests that the same burn, and nothing to count at all, are nobody's news while an event goes on that leaves it out."""
    selector = f'service="{owner.name}",slo="{slo.name}"'
    active = f'{ACTIVE}{{event="{events[0].name}",service="{owner.name}",squad="{owner.squad}"}}'
    silence = [Expectation(minute, f"ALERTS{{{selector}}}") for minute in (QUIET, QUIET + BURNING, END)]
    burning = unit_test(
        f"{slo.name}: a burn in a time that is left out is counted apart, and is nobody's news",
        {**series, active: f"_x{QUIET} 1+0x{BURNING + AFTER - 1}"},
        [
            *silence,
            counted(BAD, selector, END, 0),
            counted(UNADJUSTED_BAD, selector, END, spent * BURNING),
        ],
    )
    nothing = f"{slo.name}: nor is it that nothing is measured then"
    return burning + unit_test(nothing, {active: f"1+0x{END}"}, silence)


_WARM_UP = 10
"""Minutes in which a first sight of the counters is not yet taken for a birth; the first bucket is lost."""


def counted(record: str, selector: str, minute: int, events: float) -> Expectation:
    """What a series has counted by some minute, since its SLO was known."""
    since = minute - _WARM_UP - 1
    return Expectation(minute, f"sum(sum_over_time({record}{{{selector}}}[{since}m]))", (("{}", events),))


def bad_per_minute(slo: Slo | JourneySlo) -> int:
    """Half way between the alert's threshold and a full outage, or twice the threshold when that is less.

    In slices what is half way to all bad, so that each is bad; of their ratios half, or all, which adds up exactly.
    """
    threshold = Fraction(_FAST.burn(slo.window.length) * slo.budget)
    match slo.method:
        case Occurrences():
            return max(2, round(min(2 * threshold, (1 + threshold) / 2) * PER_MINUTE))
        case Timeslices(allowed=allowed):
            return round((1 + Fraction(allowed)) / 2 * PER_MINUTE)
        case RatioTimeslices():
            return PER_MINUTE // 2 if threshold < _HALF else PER_MINUTE


_HALF = Fraction(1, 2)


def in_a_minute(slo: Slo | JourneySlo, bad: int) -> tuple[int | float, int]:
    """What a minute counts as, bad and in all: its events, or one slice."""
    match slo.method:
        case Occurrences():
            return bad, PER_MINUTE
        case Timeslices():
            return 1, 1
        case RatioTimeslices():
            return bad / PER_MINUTE, 1


def silent(owner: Service | Journey, slo: Slo | JourneySlo) -> list[Expectation]:
    """No alert of an SLO."""
    alerts = f'ALERTS{{service="{owner.name}",slo="{slo.name}"}}'
    return [Expectation(minute, alerts) for minute in (QUIET, 2 * QUIET)]


def unmeasured_test(owner: Service | Journey, slo: Slo | JourneySlo) -> str:
    """A test that without data no budget burns, and that nobody can know is an alert."""
    selector = f'service="{owner.name}",slo="{slo.name}"'
    told = (
        f'ALERTS{{alertname="{NOT_MEASURED}",alertstate="firing",service="{owner.name}",severity="ticket",'
        f'slo="{slo.name}",slo_window="{slo.window.label}",squad="{owner.squad}"}}'
    )
    expected = [
        Expectation(QUIET, f"slo:burn_rate:ratio{{{selector}}}"),
        Expectation(2 * QUIET, f"ALERTS{{{selector}}}", ((told, 1),)),
    ]
    return unit_test(f"{slo.name}: missing data burns nothing, and is told", {}, expected)


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
