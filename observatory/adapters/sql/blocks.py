"""Cutting and joining buckets that came from several rows."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from observatory.measurement import FIELDS, Buckets

Index = slice | NDArray[np.intp]


def cut(buckets: Buckets, *, after: int, until: int | None = None) -> Buckets:
    """The buckets with after < end <= until; views, nothing is copied."""
    first = int(np.searchsorted(buckets.ends, after, side="right"))
    last = len(buckets.ends) if until is None else int(np.searchsorted(buckets.ends, until, side="right"))
    if first == 0 and last == len(buckets.ends):
        return buckets
    fields = {name: getattr(buckets, name)[first:last] for name in FIELDS}
    return Buckets(seconds=buckets.seconds, ends=buckets.ends[first:last], slos=buckets.slos, **fields)


def overlaid(parts: Iterable[Buckets]) -> Buckets | None:
    """One table of all cells, SLOs sorted; where layers overlap the later one counts. None without cells.

    The layers' own SLOs must be sorted (`in_order`).
    """
    layers = [part for part in parts if len(part.ends)]
    if len(layers) < 2:  # noqa: PLR2004 - one layer is the result as it is
        return layers[0] if layers else None
    ends = np.unique(np.concatenate([layer.ends for layer in layers]))
    slos = tuple(sorted(set().union(*{layer.slos for layer in layers})))
    fields = {name: np.zeros((len(ends), len(slos))) for name in FIELDS}
    columns, seconds = _Columns(slos), layers[0].seconds
    layers.reverse()
    while layers:
        layer = (
            layers.pop()
        )  # lets go of each as soon as it is copied: all of them together may be a gigabyte
        rows, among = _range(np.searchsorted(ends, layer.ends)), columns.of(layer.slos)
        for name in FIELDS:
            _assign(fields[name], rows, among, getattr(layer, name))
    return Buckets(seconds=seconds, ends=ends, slos=slos, **fields)


def in_order(buckets: Buckets) -> Buckets:
    """The same cells with the SLOs sorted by id, as `overlaid` gives them."""
    slos = tuple(sorted(buckets.slos))
    if slos == buckets.slos:
        return buckets
    columns = np.argsort(np.array(buckets.slos))
    fields = {name: getattr(buckets, name)[:, columns] for name in FIELDS}
    return Buckets(seconds=buckets.seconds, ends=buckets.ends, slos=slos, **fields)


class _Columns:
    """Where the SLOs of a part stand among all, worked out once for parts that have the same."""

    def __init__(self, slos: tuple[str, ...]) -> None:
        self._position = {slo: position for position, slo in enumerate(slos)}
        self._known: dict[tuple[str, ...], Index] = {}

    def of(self, slos: tuple[str, ...]) -> Index:
        if slos not in self._known:
            self._known[slos] = _range(np.array([self._position[slo] for slo in slos], dtype=np.intp))
        return self._known[slos]


def _range(positions: NDArray[np.intp]) -> Index:
    """A slice where there are no gaps: assigning to one is several times as fast."""
    if len(positions) and bool((np.diff(positions) == 1).all()):
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return positions


def _assign(table: NDArray[np.float64], rows: Index, columns: Index, values: NDArray[np.float64]) -> None:
    if isinstance(rows, slice) or isinstance(columns, slice):
        table[rows, columns] = values
    else:
        table[np.ix_(rows, columns)] = values
