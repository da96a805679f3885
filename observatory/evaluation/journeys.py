"""Which components of a journey spend its error budget."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from observatory.catalog import ServiceSlo


@dataclass(frozen=True, slots=True)
class Contribution:
    """One component's part in the bad events of a journey's window."""

    slo: str
    squad: str
    """Who owns the component."""
    weight: int
    bad: float
    """Its bad events over the journey's window, each counted as often as its weight says."""
    total: float
    share: float | None
    """Of the weighted bad events of all components; None when there were none."""


def contributions(entry: ServiceSlo, sums: pd.DataFrame) -> Sequence[Contribution]:
    """The components of a journey, the one that fails most users first.

    Args:
        entry: the journey's SLO.
        sums: as `evaluate` takes them; the window of the journey is among them.
    """
    label = entry.slo.window.label
    rows = sums.reindex([part.id for _, part in entry.parts]).fillna(0.0)
    counted = [rows[label, name].tolist() for name in ("bad", "total")]
    found = [
        (component, part, bad * component.weight, total * component.weight)
        for (component, part), bad, total in zip(entry.parts, *counted, strict=True)
    ]
    whole = sum(bad for _, _, bad, _ in found)
    parts = [
        Contribution(part.id, part.squad.name, component.weight, bad, total, bad / whole if whole else None)
        for component, part, bad, total in found
    ]
    return sorted(parts, key=lambda one: (-one.bad, one.slo))
