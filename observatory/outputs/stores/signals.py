"""What is watched in a store: expressions with their meaning, and where they become worrying."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from observatory.catalog import Matcher

_TARGET = ("job", "instance")
_REMEMBERED = "1d"
"""For how long after its last scrape it is known which server a store is on."""


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL and what the legend calls its series."""

    expr: str
    legend: str = "{{instance}}"


@dataclass(frozen=True, slots=True)
class Worry:
    """When a signal becomes an alert."""

    alert: str
    says: str
    """What is wrong, as the end of "<service>: <store> …"; `%s` is the figure."""
    above: float | None = None
    below: float | None = None
    lasting: str = "5m"
    also: str = ""
    """A second condition, with the same labels as the signal: enough traffic to judge by."""
    expr: str = ""
    """Where it is not the signal's first expression."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One panel: a question, and the expressions that answer it."""

    slug: str
    title: str
    question: str
    unit: str
    queries: Sequence[Query]
    worry: Worry | None = None
    compared: Sequence[str] = ()
    """Legends of series that are there to compare with."""
    is_state: bool = False
    """0 is well, 1 is not."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Writes selectors for one store, or for all of a kind whose declarations name the same labels.

    Results carry `job`, `instance` and the declared labels, so that one rule serves every store and each value
    still finds the services that declared it.
    """

    labels: tuple[str, ...]
    """Names of the declared labels."""
    matchers: Mapping[str, str]
    """Their values, where only one store is meant."""
    window: str
    anchor: str
    """A metric of the exporter that carries every label a declaration may name."""
    own: frozenset[str] = field(default_factory=frozenset)
    """Labels that the exporter writes on some metrics only: `up` and a server's settings know no database."""

    @property
    def each(self) -> str:
        """The labels of a result."""
        return ", ".join(dict.fromkeys((*_TARGET, *self.labels)))

    def of(self, metric: str, more: str = "") -> str:
        """A selector of a metric that carries the declared labels."""
        return _selector(metric, self.matchers, more)

    def bare(self, metric: str, more: str = "") -> str:
        """A selector of a metric of the server as a whole: without the labels that are the exporter's own."""
        return _selector(metric, {k: v for k, v in self.matchers.items() if k not in self.own}, more)

    def rate(self, metric: str, more: str = "") -> str:
        """Per second."""
        return f"rate({self.of(metric, more)}[{self.window}])"

    def bare_rate(self, metric: str, more: str = "") -> str:
        """Per second, of the server as a whole."""
        return f"rate({self.bare(metric, more)}[{self.window}])"

    def total(self, expr: str, *also_by: str) -> str:
        """The sum per server and declared label."""
        return f"sum by ({', '.join((self.each, *also_by))}) ({expr})"

    def most(self, expr: str, *also_by: str) -> str:
        """The greatest per server and declared label."""
        return f"max by ({', '.join((self.each, *also_by))}) ({expr})"

    def spread(self, expr: str, *, pick: str = "max", along: Sequence[str] = ()) -> str:
        """A value of a server, given to every store on it; known from the last day, so that it outlives a scrape.

        Args:
            expr: With the labels `job` and `instance`, and those of `along`.
            pick: How several values of a server become one.
            along: Further labels that `expr` and the anchor share, such as a topic.
        """
        shared = ", ".join((*_TARGET, *along))
        each = ", ".join(dict.fromkeys((*_TARGET, *self.labels, *along)))
        return (
            f"group by ({each}) (last_over_time({self.of(self.anchor)}[{_REMEMBERED}])) "
            f"* on ({shared}) group_left () {pick} by ({shared}) ({expr})"
        )


def answering(reader: Reader, up: str, *, name: str, alert: str) -> Signal:
    """Whether the store and its exporter answer; `up` is the exporter's metric of it, or empty where it has none."""
    alive = reader.bare("up")
    if up:
        alive = f"{reader.bare(up)} or on (job, instance) {alive}"
    return Signal(
        "up",
        "Answers",
        f"Does {name} answer, and does its exporter? Grey is unknown: it was never seen.",
        "short",
        [Query(f"1 - ({reader.spread(alive, pick='min')})")],
        Worry(alert, "does not answer", above=0, lasting="2m"),
        is_state=True,
    )


def _selector(metric: str, matchers: Mapping[str, str], more: str) -> str:
    parts = [str(Matcher(label, "=", value)) for label, value in sorted(matchers.items())]
    inside = ",".join([*parts, more] if more else parts)
    return f"{metric}{{{inside}}}" if inside else metric
