"""SLIs over gauges: time is cut into slices of one tick, and a slice is good or bad by the gauge's value at its end."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from observatory.catalog import notation
from observatory.catalog.counters import SelectorText
from observatory.catalog.definition import Definition
from observatory.catalog.selectors import Selector
from observatory.catalog.written import BadValue

Comparison = Literal["<", "<=", ">", ">=", "==", "!="]
Across = Literal["any", "all", "avg", "sum"]
"""Of several series: one is bad, all are bad, or their mean or their sum is."""

_OPPOSITE: dict[Comparison, Comparison] = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """When a slice is bad: `gauge > 300`. A slice in which no series has a value is missing, neither good nor bad."""

    op: Comparison
    value: Decimal
    across: Across
    age: bool = False
    """Whether the gauge is a Unix time, and what is compared is how long ago that was."""


class Probe(Definition):
    """SLI over a gauge that is 1 while something works and 0 while it does not: `up`, `probe_success`."""

    gauge: SelectorText = Field(examples=["probe_success"])
    bad_when: Literal["any", "all", "avg"] = "any"
    """Several series: any of them is 0, all are, or more than half (their mean is below 0.5)."""

    @property
    def condition(self) -> Condition:
        """When a slice is bad."""
        bound = Decimal("0.5") if self.bad_when == "avg" else Decimal(1)
        return Condition("<", bound, self.bad_when)


class Threshold(Definition):
    """SLI over any gauge: a slice is good while `metric op value` holds."""

    metric: SelectorText = Field(examples=["queue_depth"])
    op: Comparison = Field(examples=["'<='"])
    value: Annotated[Decimal, notation.NUMBER] = Field(examples=[100])
    bad_when: Across = "any"

    @property
    def gauge(self) -> Selector:
        """What is compared."""
        return self.metric

    @property
    def condition(self) -> Condition:
        """When a slice is bad."""
        return Condition(_OPPOSITE[self.op], self.value, self.bad_when)


class Freshness(Definition):
    """SLI over the age of data: a slice is good while the age is at most `below`."""

    timestamp: SelectorText | None = None
    """A gauge of the Unix time, in seconds, at which something was last done."""
    age: SelectorText | None = None
    """A gauge of seconds."""
    below: Annotated[timedelta, notation.duration("10m")] = Field(examples=["10m"])
    bad_when: Literal["any", "all", "avg"] = "any"

    @model_validator(mode="after")
    def _one_gauge(self) -> Self:
        if (self.timestamp is None) == (self.age is None):
            example = "{timestamp: last_import_timestamp_seconds, below: 10m}"
            raise BadValue("exactly one of timestamp and age is written", example=example)
        return self

    @property
    def gauge(self) -> Selector:
        """What is compared."""
        return _only(self.timestamp, self.age)

    @property
    def condition(self) -> Condition:
        """When a slice is bad."""
        return Condition(">", _seconds(self.below), self.bad_when, age=self.timestamp is not None)


class Queue(Definition):
    """SLI over a queue: a slice is good while its length, lag or oldest message is at most `below`."""

    backlog: SelectorText | None = None
    """A gauge of messages that wait."""
    lag: SelectorText | None = None
    """A gauge of messages that a consumer is behind."""
    oldest_age: SelectorText | None = None
    """A gauge of seconds."""
    below: Annotated[Decimal | timedelta, notation.NUMBER_OR_DURATION] = Field(examples=[1000])
    """Messages; a duration for `oldest_age`."""
    bad_when: Across = "any"

    @model_validator(mode="after")
    def _one_gauge(self) -> Self:
        given = [name for name in ("backlog", "lag", "oldest_age") if getattr(self, name) is not None]
        if len(given) != 1:
            example = "{lag: kafka_consumergroup_lag, below: 1000}"
            raise BadValue("exactly one of backlog, lag and oldest_age is written", example=example)
        if isinstance(self.below, timedelta) != (given[0] == "oldest_age"):
            right = ("a duration", "5m") if given[0] == "oldest_age" else ("a number of messages", "1000")
            raise BadValue(f"below is {right[0]} for {given[0]}", example=right[1], at=("below",))
        return self

    @property
    def gauge(self) -> Selector:
        """What is compared."""
        return _only(self.backlog, self.lag, self.oldest_age)

    @property
    def condition(self) -> Condition:
        """When a slice is bad."""
        bound = _seconds(self.below) if isinstance(self.below, timedelta) else self.below
        return Condition(">", bound, self.bad_when)


def _only(*gauges: Selector | None) -> Selector:
    return next(gauge for gauge in gauges if gauge is not None)


def _seconds(length: timedelta) -> Decimal:
    return Decimal(length // timedelta(microseconds=1)) / 1_000_000
