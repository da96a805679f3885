"""How a long span is asked in portions: whole hours, the newest first, and the older the coarser."""

from collections.abc import Iterator
from dataclasses import dataclass

HOUR = 3600
FIVE_MINUTES = 300
_EXACT = 6 * HOUR
"""Up to this old, every tick counts: windows that start at a tick reach no further."""
_NEAR = 72 * HOUR
"""Up to this old, five minutes count; and ticks are asked, since alert rules look at how many of them were bad."""
_MOST_CELLS = 2_000_000
"""Points of all SLOs in one portion, so that memory stays in bounds."""
_MOST_POINTS = 24 * 60
"""Points of one SLO in one portion, so that little is lost with one, and people see it go on."""


@dataclass(frozen=True, slots=True)
class Step:
    """The half-open span (after, until], Unix seconds."""

    after: int
    until: int
    tick: int
    """How finely to ask."""
    seconds: int
    """Length of the buckets to keep: what windows that reach so far start at."""


def steps(after: int, until: int, *, limit: int, slos: int, tick: int, origin: int = 0) -> Iterator[Step]:
    """A span in portions, the newest first.

    Args:
        after: its beginning, rounded to a whole hour (counted from `origin`).
        until: its end, rounded to a whole hour too, unless that is beyond the limit.
        limit: the newest moment that may be asked for, from which ages are counted.
        slos: how many will be asked together.
        tick: seconds.
        origin: where hours are counted from.
    """
    first = _floor(after, origin)
    end = min(_ceil(until, origin), limit)
    # What is asked in ticks ends on an hour, so that an hour is never half of ticks and half of something coarser.
    exact, near = _floor(limit, origin) - _EXACT, _floor(limit, origin) - _NEAR
    while end > first:
        if end > exact:
            asked, kept, border = tick, tick, exact
        elif end > near:
            asked, kept, border = tick, FIVE_MINUTES, near
        else:
            asked, kept, border = FIVE_MINUTES, HOUR, first
        points = min(_MOST_POINTS, _MOST_CELLS // max(1, slos))
        length = max(HOUR, points * asked // HOUR * HOUR)
        start = max(first, border, _ceil(end, origin) - length)
        yield Step(start, end, asked, kept)
        end = start


def _floor(time: int, origin: int) -> int:
    return time - (time - origin) % HOUR


def _ceil(time: int, origin: int) -> int:
    return time + (origin - time) % HOUR
