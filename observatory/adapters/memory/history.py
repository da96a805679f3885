"""A history that lives as long as the process."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from observatory.application.ports import Kept
from observatory.measurement import FIELDS, Buckets


class MemoryHistory:
    """`HistoryStore` as a dictionary of cells: slow, and easy to see that it is right."""

    def __init__(self) -> None:
        self._cells: dict[int, dict[tuple[int, str], tuple[float, ...]]] = defaultdict(dict)
        self._covered: dict[str, int] = {}
        self._saved: list[Buckets] = []

    def save(self, buckets: Buckets) -> None:
        """Replace the cells given."""
        if len(buckets.ends) and buckets.slos:
            self._saved.append(buckets)
        table = np.stack([getattr(buckets, name) for name in FIELDS], axis=-1).tolist()
        for end, row in zip(buckets.ends.tolist(), table, strict=True):
            for slo, cell in zip(buckets.slos, row, strict=True):
                self._cells[buckets.seconds][end, slo] = tuple(cell)

    def load(self, *, seconds: int, after: int, until: int) -> Buckets | None:
        """The cells in the span; None when there are none."""
        found = {key: cell for key, cell in self._cells[seconds].items() if after < key[0] <= until}
        if not found:
            return None
        ends = sorted({end for end, _ in found})
        slos = tuple(sorted({slo for _, slo in found}))
        nothing = (0.0,) * len(FIELDS)
        table = np.array([[found.get((end, slo), nothing) for slo in slos] for end in ends])
        fields = {name: table[:, :, position] for position, name in enumerate(FIELDS)}
        return Buckets(seconds=seconds, ends=np.array(ends, dtype=np.int64), slos=slos, **fields)

    def parts(self, *, seconds: int, after: int, until: int) -> Kept:
        """All of them as one part."""
        found = self.load(seconds=seconds, after=after, until=until)
        return Kept(found.slos, iter([found])) if found else Kept((), iter(()))

    def news(self, *, after: int | None) -> tuple[int, Sequence[Buckets]]:
        """What was saved since."""
        return len(self._saved), () if after is None else self._saved[after:]

    def ends(self, *, seconds: int) -> tuple[int, int] | None:
        """The oldest and the newest bucket end of this length."""
        ends = {end for end, _ in self._cells[seconds]}
        return (min(ends), max(ends)) if ends else None

    def covered_from(self) -> dict[str, int]:
        """By SLO, the Unix second from which its history is complete."""
        return dict(self._covered)

    def mark_covered(self, slos: Sequence[str], *, since: int) -> None:
        """Remember it, replacing what was known."""
        self._covered.update(dict.fromkeys(slos, since))

    def prune(self, *, seconds: int, before: int) -> None:
        """Forget cells that ended before."""
        cells = self._cells[seconds]
        self._cells[seconds] = {key: cell for key, cell in cells.items() if key[0] >= before}
