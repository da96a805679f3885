"""A `promtool test rules` file for a journey: what its components recorded goes in, its owner's alerts must come out."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from observatory.catalog import Catalog, Journey, JourneySlo, Occurrences, ServiceSlo, Timeslices
from observatory.outputs.rules.exclusions import Excluded
from observatory.outputs.rules.journey import COMPONENT_BAD, combinable, most_bad
from observatory.outputs.rules.proof import (
    AFTER,
    BURNING,
    END,
    PER_MINUTE,
    QUIET,
    bad_per_minute,
    burn_test,
    can_burn,
    counted,
    excluded_tests,
    in_a_minute,
    proof_head,
    silent,
    unmeasured_test,
)
from observatory.outputs.rules.service import counted_in, selector_of, slo_labels
from observatory.outputs.rules.unit_tests import unit_test


def journey_proof(journey: Journey, catalog: Catalog, out: Excluded, *, path: str) -> str:
    """The text of `alert_rules/tests/<squad>/<journey>.yml`."""
    entries = (entry for entry in catalog.slos_of(journey) if combinable(entry))
    return proof_head(journey, path) + "".join(_tests(journey, entry, out) for entry in entries)


def _tests(journey: Journey, entry: ServiceSlo, out: Excluded) -> str:
    slo = entry.slo
    healthy = unit_test(
        f"{slo.name}: healthy components stay silent", _calm(entry, out), silent(journey, slo)
    )
    return healthy + (_burn(journey, entry, out) if can_burn(slo) else "") + unmeasured_test(journey, slo)


def _calm(entry: ServiceSlo, out: Excluded) -> Mapping[str, str]:
    """Every component fails half as many as the journey allows, and, of `worst`, as the component may in a minute."""
    slo = entry.slo
    allowed = [Fraction(slo.budget)]
    if _is_worst(entry):
        allowed = [Fraction(most_bad(component, part)) for component, part in entry.parts]
    elif isinstance(slo.method, Timeslices):
        allowed.append(Fraction(slo.method.allowed))
    bad = int(min(allowed) * PER_MINUTE / 2)
    return _series(entry, out, [[(2 * QUIET, bad)] for _ in entry.parts])


def _burn(journey: Journey, entry: ServiceSlo, out: Excluded) -> str:
    """All components of `weighted` fail alike, so that the journey does as well; of `worst` the first alone."""
    slo, bad = entry.slo, _failing(entry)
    weighted = [count * component.weight for count, (component, _) in zip(bad, entry.parts, strict=True)]
    of_first, together = (1, 1) if _is_worst(entry) else (weighted[0], sum(weighted))
    spent = together if isinstance(slo.method, Occurrences) else in_a_minute(slo, bad[0])[0]
    series = _series(entry, out, [[(QUIET, 0), (BURNING, count), (AFTER, 0)] for count in bad])
    name = f'{selector_of(slo_labels(journey, slo))[1:-1]},component="{entry.parts[0][1].id}"'
    blamed = counted(COMPONENT_BAD, name, END, of_first * BURNING)
    events = out.get(entry.id, ())
    test = burn_test(journey, slo, series, spent=spent, further=[blamed])
    return test + (excluded_tests(journey, slo, series, events, spent=spent) if events else "")


def _failing(entry: ServiceSlo) -> Sequence[int]:
    """Bad events a minute of each component."""
    if not _is_worst(entry):
        return [bad_per_minute(entry.slo)] * len(entry.parts)
    component, part = entry.parts[0]
    too_many = (1 + Fraction(most_bad(component, part))) / 2
    return [int(too_many * PER_MINUTE)] + [0] * (len(entry.parts) - 1)


def _is_worst(entry: ServiceSlo) -> bool:
    return isinstance(entry.slo, JourneySlo) and entry.slo.combine == "worst"


def _series(entry: ServiceSlo, out: Excluded, bad: Sequence[Sequence[tuple[int, int]]]) -> dict[str, str]:
    """What components recorded: as many events each minute, and of them these bad, phase by phase."""
    found = {}
    for (_, part), phases in zip(entry.parts, bad, strict=True):
        total_name, bad_name = counted_in(part.slo, out.get(part.id, ()))
        labels = selector_of(slo_labels(part.service, part.slo))
        found[total_name + labels] = f"{PER_MINUTE}+0x{sum(minutes for minutes, _ in phases)}"
        first, *later = phases  # a first value, and then one a minute
        values = [f"{first[1]}+0x{first[0]}", *(f"{count}+0x{minutes - 1}" for minutes, count in later)]
        found[bad_name + labels] = " ".join(values)
    return found
