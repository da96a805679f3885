"""What is still to be asked of Prometheus: spans of time in which some SLOs were not measured."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """The half-open span (after, until], Unix seconds, in which these SLOs are to be measured."""

    after: int
    until: int
    slos: tuple[str, ...]


@dataclass(slots=True)
class Holes:
    """Holes as they are found by one thread and filled by another."""

    _open: dict[str, tuple[int, int]] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def dig(self, slos: Iterable[str], *, after: int, until: int) -> None:
        """Remember that these SLOs miss a span; one that touches nothing is joined over what lies between."""
        if after >= until:
            return
        with self._lock:
            for slo in slos:
                known = self._open.get(slo, (after, until))
                self._open[slo] = (min(after, known[0]), max(until, known[1]))

    def fill(self, slos: Iterable[str], *, after: int, until: int) -> None:
        """Forget what was filled; a hole is filled from its newest end."""
        with self._lock:
            for slo in slos:
                start, end = self._open.get(slo, (until, until))
                if after <= start and until >= end:
                    self._open.pop(slo, None)
                elif after < end <= until:
                    self._open[slo] = (start, after)

    def keep(self, slos: Sequence[str]) -> None:
        """Forget the holes of all other SLOs."""
        wanted = set(slos)
        with self._lock:
            self._open = {slo: span for slo, span in self._open.items() if slo in wanted}

    def __iter__(self) -> Iterator[Hole]:
        """The holes of this moment, those of many SLOs as one."""
        together: dict[tuple[int, int], list[str]] = defaultdict(list)
        with self._lock:
            for slo, span in self._open.items():
                together[span].append(slo)
        return iter([Hole(*span, tuple(slos)) for span, slos in sorted(together.items())])

    def __len__(self) -> int:
        return len(self._open)
