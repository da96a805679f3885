"""What journeys are made of: their components are measured, whether or not anybody else asked for them."""

from collections.abc import Iterator, Mapping, Sequence

from observatory.catalog import Component, JourneySlo, ServiceSlo
from observatory.planning.queries import Blend


def with_components(entries: Sequence[ServiceSlo]) -> Sequence[ServiceSlo]:
    """These SLOs, and after them all that journeys among them need besides; each once."""
    known = {entry.id: entry for entry in entries}
    for entry in entries:
        for needed in _needed(entry):
            known.setdefault(needed.id, needed)
    return tuple(known.values())


def blends(entries: Sequence[ServiceSlo]) -> Iterator[Blend]:
    """The journeys among these SLOs, each after those that it is made of; all components are among them too."""
    index = {entry.id: position for position, entry in enumerate(entries)}
    done: dict[str, None] = {}
    for entry in entries:
        for one in (*_needed(entry), entry):
            if isinstance(one.slo, JourneySlo) and one.id not in done:
                done[one.id] = None
                yield _blend(one, one.slo, index)


def _needed(entry: ServiceSlo) -> Iterator[ServiceSlo]:
    """The components of a journey and theirs, what others are made of first."""
    for _, part in entry.parts:
        yield from _needed(part)
        yield part


def _blend(entry: ServiceSlo, slo: JourneySlo, index: Mapping[str, int]) -> Blend:
    worst = slo.combine == "worst"
    return Blend(
        slo=index[entry.id],
        parts=tuple(index[part.id] for _, part in entry.parts),
        weights=tuple(float(component.weight) for component, _ in entry.parts),
        most_bad=tuple(_most_bad(component, part) for component, part in entry.parts) if worst else None,
    )


def _most_bad(component: Component, part: ServiceSlo) -> float:
    good_from = component.good_from or part.slo.objective
    return float((100 - good_from) / 100)
