"""The PromQL that counts events exactly.

An increment over a tick is the difference of each series' last sample now and one tick ago; differences of
consecutive ticks telescope, so nothing is extrapolated and the sum over any span is a whole number. Both sides are
`last_over_time`, not plain selectors: those lose what a target counted between the last tick and its end, because
Prometheus marks its series stale.
"""

from collections.abc import Sequence

from observatory.catalog import Matcher, Selector
from observatory.planning.promql import literal
from observatory.planning.series import PART, Counter, Series

MEMORY = "2h"
"""A series that comes back within this time goes on counting where it stopped."""
PROBES = ("3h", "6h", "12h", "1d", "2d")
"""When to look for a series that has been away for longer."""


def growth(series: Series, by: Sequence[str], *, tick: int, presence: bool) -> str:
    """How much each group of series counted in the last tick.

    A series with a sample in both ticks and no reset gives its difference; one that was reset or is new gives its
    value and is marked with one more label, `series.mark`. So a group has up to two rows: the marked one holds what may
    have to be taken back or more has to be added (see `breaks`). For counters in PromQL the mark costs nothing: a
    difference has lost the metric's name, and `last_over_time` keeps it.
    With `presence`, series that are there and did not grow give 0: a group without a row is missing.
    """
    since = f"{tick}s"
    grown = f"({series.grown(since=since)} or {series.fresh(since=since)}) > 0"
    there = f"{series.present()} * 0"
    return f"sum by ({','.join([*by, series.mark])}) ({f'{grown} or {there}' if presence else grown})"


def breaks(series: Series, by: Sequence[str], *, tick: int) -> str:
    """What there is to know of series that were reset or were not there a tick ago, told apart by `__part`.

    lost:     what series counted in this tick before they were reset, which `growth` does not have
    born:     what `growth` counted of new series, from zero
    returned: what of that they had counted before they went away, so it is no news. A series last seen within
              `MEMORY` goes on where it stopped, unless it was reset; one seen at a probe is taken back whole.
    first:    groups of which nothing was known; what they counted before is their starting point
    """
    since, tally = f"{tick}s", series.tally
    now, before, known = series.last(), series.last(ago=since), series.last(MEMORY, ago=since)
    # Whether a series is or was there, and whether it was reset, its tally tells: of a native histogram at less cost.
    is_there, was_there, was_known = tally.last(), tally.last(ago=since), tally.last(MEMORY, ago=since)
    seen = "(" + " or ".join(tally.present(ago=probe) for probe in PROBES) + ")"
    went_on = f"{was_known} <= {is_there}"
    kept = went_on if tally == series else f"({known} and {went_on})"
    labels = f"({','.join(by)})"
    parts = {
        "lost": f"sum by {labels} ({series.peak(tick=tick)} - {before} > 0 and {is_there} < {was_there})",
        "born": f"sum by {labels} ({now} unless {was_there})",
        "returned": f"sum by {labels} ({kept} unless {was_there}"
        f" or (({now} unless {was_there}) unless {was_known}) and {seen})",
        "first": f"group by {labels} ({is_there}) unless group by {labels} ({was_known} or {seen})",
    }
    return " or ".join(f'label_replace({text}, "{PART}", "{part}", "", "")' for part, text in parts.items())


def bounds(selector: Selector, by: Sequence[str], *, apart: Sequence[Matcher] = ()) -> str:
    """Which buckets the histograms of each group have, whatever these matchers say."""
    kept = tuple(m for m in selector.matchers if m.label != "le" and m not in apart)
    every = Counter(Selector(selector.metric, kept))
    return f"group by ({','.join([*by, 'le'])}) ({every.last()})"


def le(bound: str) -> Matcher:
    """The bucket of this bound, in both ways it is written: `1` and, since Prometheus 3, `1.0`."""
    ways = [bound, f"{bound}.0"] if bound.isdigit() else [bound]
    return Matcher("le", "=~", "|".join(map(literal, ways)))
