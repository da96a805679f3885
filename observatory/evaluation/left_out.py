"""What events leave out of one SLO's numbers as time goes by: at every moment of a past what a tick then would leave out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.catalog import MOST_EXCLUDED, Calendar, ServiceSlo, Window
from observatory.evaluation.exclusions import Asking, Reach, merged
from observatory.measurement import FIELDS, Buckets, RunningSums

Ends = NDArray[np.int64]
Flags = NDArray[np.bool_]
_SECONDS = "seconds"


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """The times that events ask to leave out of one SLO, and what was counted in them."""

    entry: ServiceSlo
    events: tuple[str, ...]
    """The names of the events that ask for it, sorted."""
    spans: tuple[Reach, ...]
    """On ticks."""
    counted: RunningSums
    """Of what lies in the spans alone."""
    length: RunningSums
    """Of the seconds that they take."""

    @classmethod
    def of(
        cls,
        asked: Asking,
        parts: Iterable[Buckets],
        *,
        like: RunningSums,
    ) -> "LeftOut":
        """What is taken out of sums.

        Args:
            asked: what events ask for.
            parts: what `like` was made of. Of a bucket that is only partly in a span nothing is known of that part.
            like: the sums to take it out of.
        """
        begin, tick = like.after, like.tick
        spans = merged(asked.spans, begin)
        until = begin + (len(like.sums["bad"]) - 1) * tick
        ends = np.arange(begin + tick, until + 1, tick, dtype=np.int64)
        out = np.concatenate([[0.0], within(ends, tick, spans) * float(tick)])
        inside = (part_within(part, spans) for part in parts)
        counted = RunningSums.of(like.column, inside, after=begin, until=until, tick=tick)
        length = RunningSums(like.column, begin, tick, {_SECONDS: out.cumsum()})
        return cls(asked.entry, tuple(sorted(set(asked.events))), spans, counted, length)

    def at(self, ends: Ends) -> "Granted":
        """How much that is at these moments, and whether it may be."""
        own, *_ = windows = self.entry.slo.windows
        seconds = self.length.between(_SECONDS, self._starts(own, ends), ends)
        beside = [self.counted.starts(timedelta(days=window.length.days), ends) for window in windows]
        begins = np.minimum.reduce([*(self._starts(window, ends) for window in windows), *beside])
        whole = self.entry.slo.window.length.total_seconds()
        refused = seconds > float(MOST_EXCLUDED) * whole
        under_way = self.length.between(_SECONDS, ends - self.length.tick, ends) > 0
        return Granted(begins, seconds, refused, under_way & ~refused)

    def _starts(self, window: Window, ends: Ends) -> Ends:
        return self.counted.starts(window if isinstance(window, Calendar) else window.length, ends)

    def taken_from(
        self,
        sums: pd.DataFrame,
        windows: Mapping[str, timedelta | Calendar],
        ends: Ends,
        granted: "Granted",
    ) -> pd.DataFrame:
        """Window sums (`RunningSums.windows` at these moments) without it; what is left out counts as idle."""
        left = sums.copy()
        for label, window in windows.items():
            begins = np.maximum(self.counted.starts(window, ends), granted.begins)
            for name in FIELDS:
                taken = self.counted.between(name, begins, ends)
                if name == "idle":
                    taken = taken - self.length.between(_SECONDS, begins, ends)
                left[label, name] = sums[label, name].to_numpy() - np.where(granted.refused, 0.0, taken)
        return left


@dataclass(frozen=True, slots=True, eq=False)
class Granted:
    """(T,) what is left out at each of some moments."""

    begins: Ends
    """Where the first of the SLO's own windows begins: nothing before that is left out of any window."""
    seconds: NDArray[np.float64]
    """Of the window that decides."""
    refused: Flags
    """More than may be left out: then nothing is."""
    under_way: Flags
    """The moment itself is left out."""


def within(ends: Ends, seconds: int, spans: Sequence[Reach]) -> Flags:
    """(T,) whether buckets of this length lie wholly in one of these spans."""
    inside = np.zeros(len(ends), dtype=np.bool_)
    for after, until in spans:
        inside |= (ends - seconds >= after) & (ends <= until)
    return inside


def part_within(part: Buckets, spans: Sequence[Reach]) -> Buckets:
    """The buckets that lie wholly in one of these spans."""
    rows = within(part.ends, part.seconds, spans)
    return replace(part, ends=part.ends[rows], **{name: getattr(part, name)[rows] for name in FIELDS})
