"""Grafana's variables: found in texts, and filled in so that PromQL around them can be parsed."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

_VARIABLE = re.compile(r"\$\{(\w+)(?:\.\w+)?(?::[^}]*)?\}|\$([A-Za-z_]\w*)|\[\[(\w+)(?::\w+)?\]\]")
_OWN = {
    "__rate_interval": "5m",
    "__interval": "1m",
    "__range": "6h",
    "__auto": "5m",
    "__range_s": "21600",
    "__range_ms": "21600000",
    "__interval_ms": "60000",
    "__from": "0",
    "__to": "0",
}
"""What Grafana fills in itself, with values of the right kind."""
_IN_RANGE = re.compile(r"\[[^\]\"']*$")
_AFTER_OFFSET = re.compile(r"\boffset\s+-?$")
_AFTER_OPERATOR = re.compile(r"[-+*/%^<>=]\s*$")
_AFTER_LABEL = re.compile(r"[{,]\s*\w+\s*(=~|!~|!=|=)\s*$")
_AFTER_NUMBER_FUNCTION = re.compile(r"\b(?:topk|bottomk|quantile|limitk|histogram_quantile)\s*\(\s*$")


def names(text: str) -> Iterator[str]:
    """The variables in a text, without Grafana's own."""
    for found in _VARIABLE.finditer(text):
        name = found[1] or found[2] or found[3]
        if not name.startswith("__"):
            yield name


def filled(text: str, values: Mapping[str, str]) -> str:
    """The query as Grafana would send it, with these values; a variable without one stays as it is."""
    return _VARIABLE.sub(lambda found: _sent(found[1] or found[2] or found[3], found[0], values), text)


def _sent(name: str, written: str, values: Mapping[str, str]) -> str:
    return _OWN.get(name, written) if name not in values else values[name]


@lru_cache(maxsize=1024)
def expanded(text: str) -> str:
    """The query with a value in the place of each variable: a duration in ranges, else a number or a word.

    In strings anything parses; they are filled in as well, which changes nothing.
    """
    if "$" not in text and "[[" not in text:
        return text
    parts, end = [], 0
    for found in _VARIABLE.finditer(text):
        before = text[: found.start()]
        parts += [text[end : found.start()], _value(found[1] or found[2] or found[3], before)]
        end = found.end()
    return "".join([*parts, text[end:]])


def _value(name: str, before: str) -> str:
    if name in _OWN:
        return _OWN[name]
    if _IN_RANGE.search(before) or _AFTER_OFFSET.search(before):
        return "5m"
    is_operand = _AFTER_OPERATOR.search(before) and not _AFTER_LABEL.search(before)
    return "1" if is_operand or _AFTER_NUMBER_FUNCTION.search(before) else name
