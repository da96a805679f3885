"""How a long span is asked in portions: whole hours, the newest first.

Always in ticks, however old: coarser ones would be asked twice as fast, and miss events of counters that restart twice
in one, or restart and outgrow their old value.
"""

from collections.abc import Iterator
from dataclasses import dataclass

HOUR = 3600
FIVE_MINUTES = 300
REACH = 72 * HOUR
"""Seconds asked of every SLO, however short its own window: the longest window of the alert rules."""
_EXACT = 6 * HOUR
"""Up to this old, every tick counts: windows that start at a tick reach no further."""
_NEAR = REACH
"""Up to this old, windows start at five minutes; beyond, at hours."""
_MOST_CELLS = 2_000_000
"""Points of all SLOs in one portion, so that memory stays in bounds."""
_MOST_POINTS = 24 * 60
"""Points of one SLO in one portion, so that little is lost with one, and people see it go on."""


@dataclass(frozen=True, slots=True)
class Step:
    """The half-open span (after, until], Unix seconds."""

    after: int
    until: int
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
    # On hours, so that an hour is never kept half in ticks and half in something coarser.
    exact, near = _floor(limit, origin) - _EXACT, _floor(limit, origin) - _NEAR
    points = min(_MOST_POINTS, _MOST_CELLS // max(1, slos))
    length = max(HOUR, points * tick // HOUR * HOUR)
    while end > first:
        if end > exact:
            kept, border = tick, exact
        elif end > near:
            kept, border = FIVE_MINUTES, near
        else:
            kept, border = HOUR, first
        start = max(first, border, _ceil(end, origin) - length)
        yield Step(start, end, kept)
        end = start


def _floor(time: int, origin: int) -> int:
    return time - (time - origin) % HOUR


def _ceil(time: int, origin: int) -> int:
    return time + (origin - time) % HOUR
