"""What is counted of a series, and how it is asked for: a counter's own value, or the events of a native histogram."""

from dataclasses import dataclass
from enum import Enum
from math import gcd

from observatory.catalog import Selector


class Dialect(Enum):
    """What a server takes for PromQL.

    VictoriaMetrics's MetricsQL differs in two ways that matter here. Over a span, `a or b` of series with the same labels
    is one series with the labels of `a`; and how old a sample of a plain selector may be follows from how far apart
    samples are, unless the rollup is named. And VictoriaMetrics keeps no native histograms: it refuses to count them.
    """

    PROMQL = "PromQL"
    METRICSQL = "MetricsQL"


LOOKBACK = "5m"
"""How old a sample may be to count as present: Prometheus's own default, so scrapes may be that far apart."""
PART = "__part"
"""The label that tells the parts of a query about breaks apart."""
FRESH = {Dialect.PROMQL: "__name__", Dialect.METRICSQL: PART}
"""The label that rows of series that were reset or are new have, and others have not."""
LOOKS = 15
"""Seconds between looks at a native histogram: what is scraped no more often is seen whole."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Series that count by their value, which falls only when they are reset."""

    selector: Selector
    dialect: Dialect = Dialect.PROMQL

    @property
    def tally(self) -> "Counter":
        """What tells a reset: it falls then, and never else."""
        return self

    @property
    def mark(self) -> str:
        """The label of `fresh` rows, which the others have not."""
        return FRESH[self.dialect]

    def last(self, span: str = LOOKBACK, *, ago: str = "") -> str:
        """The newest value of each series within `span`, even when its target is gone."""
        return f"last_over_time({self.selector}[{span}]{_offset(ago)})"

    def present(self, *, ago: str = "") -> str:
        """The newest value of each series, unless its target has gone since."""
        return present(self.selector, self.dialect, ago=ago)

    def grown(self, *, since: str, span: str = LOOKBACK) -> str:
        """How much each series grew since its last value within `span` back then; nothing of one that was reset."""
        return f"({self.last()} - {self.last(span, ago=since)}) >= 0"

    def fresh(self, *, since: str) -> str:
        """The values of series that are new or were reset, marked; wanted only where nothing has `grown`."""
        if self.dialect is Dialect.PROMQL:  # The name is the mark: a difference has lost it.
            return self.last()
        return _marked(self, since)

    def peak(self, *, tick: int) -> str:
        """The highest value of each series in the last tick."""
        return f"max_over_time({self.selector}[{tick}s])"

    def rate(self, span: str) -> str:
        """Events per second, extrapolated by the server."""
        return f"rate({self.selector}[{span}])"


@dataclass(frozen=True, slots=True)
class NativeEvents:
    """Series that are native histograms, of which all events are counted, or those of at most `within`.

    `last_over_time` takes no histograms in Prometheus 2.42, only what functions make of them: so they are looked at
    every `every` seconds by a subquery, which gives floats. Ticks are so many times that long, so their differences
    telescope whenever they end; those that end on a whole multiple of it see what there is then.

    Events within a bound are whole: interpolated where the bound lies within a bucket, and rounded. A process that
    makes its buckets wider moves that number without any event; so it never grows by more than all events, nor falls.
    """

    selector: Selector
    within: str | None = None
    """In the unit of the histogram."""
    every: int = LOOKS

    @classmethod
    def in_ticks(cls, selector: Selector, within: str | None, *, tick: int) -> "NativeEvents":
        """Looked at when ticks end, too."""
        return cls(selector, within, gcd(tick, LOOKS))

    @property
    def tally(self) -> "NativeEvents":
        """What tells a reset: all events."""
        return NativeEvents(self.selector, None, self.every)

    @property
    def mark(self) -> str:
        """The label of `fresh` rows: no row has the name of the metric, whichever the dialect."""
        return PART

    def last(self, span: str = LOOKBACK, *, ago: str = "") -> str:
        """The newest number of events of each series within `span`, even when its target is gone."""
        newest = f"last_over_time({self._value()}[{span}:{self.every}s]{_offset(ago)})"
        if self.within is None:
            return newest
        return f"({newest} >= 0 or {self.tally.last(span, ago=ago)})"  # The share of no events is no number.

    def present(self, *, ago: str = "") -> str:
        """The newest number of events of each series, unless its target has gone since."""
        return self._value(ago)

    def grown(self, *, since: str, span: str = LOOKBACK) -> str:
        """How much each series grew since its last value within `span` back then; nothing of one that was reset."""
        difference = f"({self.last()} - {self.last(span, ago=since)})"
        if self.within is None:
            return f"{difference} >= 0"
        every = f"({self.tally.last()} - {self.tally.last(span, ago=since)})"
        return f"(clamp_min({difference}, 0) <= {every} or {every} >= 0)"

    def fresh(self, *, since: str) -> str:
        """The values of series that are new or were reset, marked."""
        return _marked(self, since)

    def peak(self, *, tick: int) -> str:
        """The highest number of events of each series in the last tick; of those within a bound, before a reset."""
        value = self._value()
        if self.within is not None:
            # What a process counted anew may already be more than it had, although all its events are fewer.
            value = f"({value} unless {self.tally.present()} < {self.tally.present(ago=f'{tick}s')})"
        return f"max_over_time({value}[{tick}s:{self.every}s])"

    def rate(self, span: str) -> str:
        """Events per second, extrapolated by the server."""
        rate = f"rate({self.selector}[{span}])"
        if self.within is None:
            return f"histogram_count({rate})"
        return f"histogram_fraction(-Inf, {self.within}, {rate}) * histogram_count({rate})"

    def _value(self, ago: str = "") -> str:
        series = f"{self.selector}{_offset(ago)}"
        every = f"histogram_count({series})"
        if self.within is None:
            return every
        return f"round(histogram_fraction(-Inf, {self.within}, {series}) * {every})"


Series = Counter | NativeEvents
"""Of one metric, told apart by labels."""


def present(selector: Selector, dialect: Dialect, *, ago: str = "") -> str:
    """The newest sample of each series, unless its target has gone since: the server marks it stale at once."""
    if dialect is Dialect.METRICSQL:
        return f"default_rollup({selector}[{LOOKBACK}]{_offset(ago)})"
    return f"{selector}{_offset(ago)}"


def _marked(series: Series, since: str) -> str:
    tally = series.tally
    kept = f"{tally.last(ago=since)} <= {tally.last()}"
    return f'label_replace({series.last()} unless {kept}, "{series.mark}", "fresh", "", "")'


def _offset(ago: str) -> str:
    return f" offset {ago}" if ago else ""
