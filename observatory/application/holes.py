"""What is still to be asked of Prometheus: spans of time in which some SLOs were not measured."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

NEAR = 3600
"""Seconds: holes that are no further apart are one, since the past is asked in whole hours anyway."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """The half-open span (after, until], Unix seconds, in which these SLOs are to be measured."""

    after: int
    until: int
    slos: tuple[str, ...]


@dataclass(slots=True)
class Holes:
    """Holes as they are found by one thread and filled by another."""

    _open: dict[str, list[Span]] = field(default_factory=dict, init=False)
    """By SLO, ascending and apart from each other."""
    _lock: Lock = field(default_factory=Lock, init=False)

    def dig(self, slos: Iterable[str], *, after: int, until: int) -> None:
        """Remember that these SLOs miss a span."""
        if after >= until:
            return
        with self._lock:
            for slo in slos:
                self._open[slo] = _joined([*self._open.get(slo, ()), (after, until)])

    def fill(self, slos: Iterable[str], *, after: int, until: int) -> None:
        """Forget what of a span was open."""
        with self._lock:
            for slo in slos:
                spans = list(_outside(self._open.pop(slo, []), after, until))
                if spans:
                    self._open[slo] = spans

    def keep(self, slos: Iterable[str]) -> None:
        """Forget the holes of all other SLOs."""
        with self._lock:
            if not self._open:
                return
            wanted = set(slos)
            self._open = {slo: spans for slo, spans in self._open.items() if slo in wanted}

    def __iter__(self) -> Iterator[Hole]:
        """The holes of this moment, the newest first, those of many SLOs as one."""
        together: dict[Span, list[str]] = defaultdict(list)
        with self._lock:
            for slo, spans in self._open.items():
                for span in spans:
                    together[span].append(slo)
        newest_first = sorted(together.items(), key=lambda item: (-item[0][1], item[0][0]))
        return iter([Hole(*span, tuple(slos)) for span, slos in newest_first])

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for after, until in sorted(spans):
        if found and after <= found[-1][1] + NEAR:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((after, until))
    return found


def _outside(spans: Sequence[Span], after: int, until: int) -> Iterator[Span]:
    """What remains of the spans when one is taken out."""
    for start, end in spans:
        pieces = ((start, min(end, after)), (max(start, until), end))
        yield from (piece for piece in pieces if piece[0] < piece[1])
