"""PromQL that asks what there is: who has a metric, and which metrics somebody has.

Asked of this moment, of an hour and of a day ago: what rests just now is still there.
"""

from collections.abc import Iterable, Sequence

from observatory.catalog import Selector
from observatory.planning.promql import narrow
from observatory.planning.queries import Group, portions

NAME = "__name__"
"""The label that has the metric's name."""
_AGO = ("", " offset 1h", " offset 1d")


def carriers(selector: Selector, labels: Sequence[str]) -> str:
    """By these labels, everybody who has series that the selector selects."""
    return _known(str(selector), labels)


def having(metric: str, labels: Sequence[str], groups: Iterable[Group]) -> Iterable[str]:
    """Which of these groups of label values have series of the metric, in as many queries as it takes."""
    for portion in portions(sorted(groups), mentions=len(_AGO)):
        yield _known(str(narrow(Selector(metric), labels, portion)), labels)


def metrics_of(labels: Sequence[str], groups: Iterable[Group]) -> Iterable[str]:
    """Every metric that each of these groups has, under its name."""
    for portion in portions(sorted(groups), mentions=len(_AGO)):
        matchers = ",".join(map(str, narrow(Selector(""), labels, portion).matchers))
        yield _known(f"{{{matchers}}}", [*labels, NAME])


def _known(selector: str, labels: Sequence[str]) -> str:
    by = f"({','.join(labels)})"
    return f" or on {by} ".join(f"group by {by} ({selector}{ago})" for ago in _AGO)
