"""SLIs over counters: every event is counted, and is good or bad."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, InstanceOf, model_validator

from observatory.catalog import notation
from observatory.catalog.definition import Definition
from observatory.catalog.selectors import Selector
from observatory.catalog.written import BadValue

SelectorText = Annotated[InstanceOf[Selector], notation.SELECTOR]
Selectors = Annotated[tuple[SelectorText, ...], notation.ONE_OR_MORE_SELECTORS]


class Events(Definition):
    """SLI over counted events: `total`, and one of `bad` and `good`; each a sum of selectors of counters."""

    total: Selectors = Field(examples=["http_requests_total"])
    bad: Selectors = Field((), examples=['http_requests_total{code=~"5.."}'])
    good: Selectors = Field((), examples=['http_requests_total{code!~"5.."}'])

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        example = "{total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}'}"
        if not self.total:
            raise BadValue("total names at least one counter", example=example, at=("total",))
        if bool(self.bad) == bool(self.good):
            raise BadValue("besides total, exactly one of bad and good is written", example=example)
        side = "bad" if self.bad else "good"
        if set(self.bad or self.good) == set(self.total):
            raise BadValue(f"{side} counts the same events as total", example=example, at=(side,))
        return self


def _base_name(histogram: Selector) -> Selector:
    for suffix in ("_bucket", "_count", "_sum"):
        if (base := histogram.metric.removesuffix(suffix)) != histogram.metric:
            raise BadValue(f"a histogram is named without {suffix}", example=base)
    return histogram


class Timed(Definition):
    """What SLIs over a histogram have in common: the histogram, classic or native, and a bound.

    Of a classic one, the bound is that of one of its buckets. Of a native one it may be any: where it lies within a
    bucket, the events below it are interpolated.
    """

    histogram: Annotated[SelectorText, AfterValidator(_base_name)] | None = Field(
        None, examples=["http_request_duration_seconds"]
    )
    """A selector of a classic one, of the metric without its `_bucket` suffix."""
    native_histogram: Annotated[SelectorText, AfterValidator(_base_name)] | None = Field(
        None, examples=["http_request_duration_seconds"]
    )
    """A selector of a native one: of the metric itself."""
    below: Annotated[timedelta, notation.duration("300ms")] = Field(examples=["300ms"])
    unit: Literal["s", "ms"] = "s"
    """What the histogram's own bounds are in."""

    @model_validator(mode="after")
    def _one_histogram(self) -> Self:
        if (self.histogram is None) == (self.native_histogram is None):
            raise BadValue(
                "exactly one of histogram (a classic one) and native_histogram is written",
                example="{histogram: http_request_duration_seconds, below: 300ms}",
            )
        return self

    @property
    def timed(self) -> Selector:
        """The histogram, classic or native, as it is written."""
        histogram = self.histogram or self.native_histogram
        if histogram is None:
            raise ValueError("neither histogram is written")
        return histogram

    @property
    def count(self) -> Selector:
        """Of a classic histogram, the counter of every event that was timed."""
        return Selector(f"{self.timed.metric}_count", self.timed.matchers)

    @property
    def buckets(self) -> Selector:
        """Of a classic histogram, the buckets of every bound."""
        return Selector(f"{self.timed.metric}_bucket", self.timed.matchers)

    @property
    def bound(self) -> str:
        """`below` in the histogram's unit, as a bucket's `le` spells it: 0.3, 1, 2.5, and 300 when the unit is ms."""
        return f"{self.below / _UNITS[self.unit]:.15g}"


_UNITS = {"s": timedelta(seconds=1), "ms": timedelta(milliseconds=1)}


class Latency(Timed):
    """SLI over a histogram: an event is good when it took at most `below`."""


class ErrorOrSlow(Timed):
    """SLI that an event fails by failing or by taking longer than `below`, whichever: it counts once.

    Without `bad`, the histogram selects the events that succeeded, and bad is total less those of them that were fast
    enough: exact. With `bad`, for a histogram that can't tell success from failure, bad is the slow events and the
    failed ones, at most total: an event that is both counts twice when the histogram has failed events too.
    """

    total: Selectors = Field(examples=["http_requests_total"])
    bad: Selectors = Field((), examples=['http_requests_total{code=~"5.."}'])

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if not self.total:
            raise BadValue("total names at least one counter", example="http_requests_total", at=("total",))
        if not self.bad and not self.timed.matchers:
            raise BadValue(
                "without bad, the histogram selects the events that succeeded; a histogram that can't needs bad",
                example='http_request_duration_seconds{code!~"5.."}',
                at=("histogram" if self.histogram else "native_histogram",),
            )
        if set(self.bad) == set(self.total):
            raise BadValue("bad counts the same events as total", at=("bad",))
        return self
