"""Example series for rule tests: label values that a selector matches, and one that it doesn't."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import Any, cast

import rstr

from observatory.catalog import Matcher, Selector

_NEUTRAL = ("200", "ok", "other", "")
_MOST = 10_000


def example(matching: Selector, *, avoiding: Sequence[Selector] = ()) -> str | None:
    """A series, as PromQL writes it, that `matching` selects and no selector of `avoiding` does; None: none was found."""
    others = [selector for selector in avoiding if selector.metric == matching.metric]
    matchers = [*matching.matchers, *(matcher for selector in others for matcher in selector.matchers)]
    labels = sorted({matcher.label for matcher in matchers})
    choices = [_candidates(matcher for matcher in matchers if matcher.label == label) for label in labels]
    for values in islice(product(*choices), _MOST):
        series = dict(zip(labels, values, strict=True))
        if _selects(matching, series) and not any(_selects(other, series) for other in others):
            return str(Selector(matching.metric, tuple(Matcher(k, "=", v) for k, v in series.items() if v)))
    return None


def _candidates(matchers: Iterable[Matcher]) -> list[str]:
    """Values worth trying for one label, the matchers' own first."""
    found = [
        _spell(matcher.value) if matcher.operator in ("=~", "!~") else matcher.value for matcher in matchers
    ]
    return list(dict.fromkeys([*found, *_NEUTRAL]))


def _selects(selector: Selector, series: dict[str, str]) -> bool:
    return all(_matches(matcher, series.get(matcher.label, "")) for matcher in selector.matchers)


def _matches(matcher: Matcher, value: str) -> bool:
    match matcher.operator:
        case "=":
            return value == matcher.value
        case "!=":
            return value != matcher.value
        case "=~":
            return re.fullmatch(matcher.value, value) is not None
        case "!~":
            return re.fullmatch(matcher.value, value) is None


class _First:
    """Stands in for `random.Random`: always the first and the least, so that the same pattern spells the same text."""

    def choice(self, options: Sequence[Any]) -> Any:
        texts = [option for option in options if isinstance(option, str)]
        if len(texts) < len(options):
            return options[0]
        return min(texts, key=lambda text: (not text.isalnum(), text))

    def randint(self, least: int, _most: int) -> int:
        return least

    def shuffle(self, _options: list[Any]) -> None:
        """In order is as good as any."""


def _spell(pattern: str) -> str:
    """A text that a regular expression matches; empty when Python can't read the expression."""
    try:
        return str(rstr.Rstr(cast(Any, _First())).xeger(pattern))
    except (re.error, KeyError, IndexError):
        return ""
