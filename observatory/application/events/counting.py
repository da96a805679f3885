"""What was counted between two moments, to five minutes, however long ago: from memory, and from the store beyond."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from observatory.application.recorder import Recorder
from observatory.application.steps import FIVE_MINUTES
from observatory.measurement import FIELDS, Buckets, Span, aligned

Floats = NDArray[np.float64]
_MOST_REMEMBERED = 512
"""Old pieces that were loaded once; a piece is at most an hour of the SLOs that some event touches."""


@dataclass(slots=True)
class Counting:
    """Sums over times that do not begin and end where windows do."""

    recorder: Recorder
    _loaded: dict[tuple[int, int, tuple[str, ...]], Buckets] = field(default_factory=dict, init=False)
    _rewritten: int = field(default=-1, init=False)

    def between(self, columns: Sequence[str], after: int, until: int) -> Floats:
        """(F, N) every field of these columns of the history, summed over (after, until].

        Both are on the grid of five minutes, or no older than the ticks that are held.
        """
        wanted = tuple(columns)
        found = np.zeros((len(FIELDS), len(wanted)))
        for piece in self.recorder.history.pieces(after, until):
            buckets = self._piece(wanted, piece)
            found += [getattr(buckets, name).sum(axis=0) for name in FIELDS]
        return found

    def five_minutes(self, column: str, after: int, until: int) -> Buckets:
        """What one column counted, five minutes by five minutes."""
        return self._piece((column,), Span(FIVE_MINUTES, after, until))

    def _piece(self, columns: tuple[str, ...], piece: Span) -> Buckets:
        history = self.recorder.history
        ends = np.arange(piece.after + piece.seconds, piece.until + 1, piece.seconds, dtype=np.int64)
        held = next(
            span for span in history.spans(until=history.newest or 0) if span.seconds == piece.seconds
        )
        if piece.after >= held.after or piece.seconds != FIVE_MINUTES:
            return history.held(columns, seconds=piece.seconds, ends=ends)
        return self._from_store(columns, piece, history.held(columns, seconds=piece.seconds, ends=ends))

    def _from_store(self, columns: tuple[str, ...], piece: Span, known: Buckets) -> Buckets:
        """Memory has forgotten these; `known` is their shape, and what of it memory still has."""
        if self._rewritten != self.recorder.rewritten or len(self._loaded) > _MOST_REMEMBERED:
            self._loaded.clear()
            self._rewritten = self.recorder.rewritten
        key = (piece.after, piece.until, columns)
        if key not in self._loaded:
            stored = self.recorder.store.load(seconds=piece.seconds, after=piece.after, until=piece.until)
            self._loaded[key] = known if stored is None else aligned(stored, known)
        return self._loaded[key]
