"""What queries of dashboards and of rules should not do alike: regular expressions for nothing, and work for nothing."""

import re
from collections.abc import Iterator

from observatory.outputs.lint.promql import Facts

MOST_STEPS = 1_500
_REGEX = re.compile(r'(\w+)\s*(=~|!~)\s*(?:"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\')')
_SPECIAL = re.compile(r"[.^$*+?()\[\]{}|\\]")


def needless(expr: str) -> Iterator[str]:
    """Regular expressions of an expression that are none, or anchored twice; variables are taken for ones."""
    if "~" not in expr:
        return
    for label, operator, double, single in _REGEX.findall(expr):
        pattern = double or single
        if pattern.startswith("^") or (pattern.endswith("$") and not pattern.endswith("\\$")):
            yield f'{label}{operator}"{pattern}": regular expressions of PromQL are anchored at both ends'
        elif pattern == ".*" and operator == "=~":
            yield f'{label}=~".*" matches every series; leave it out'
        elif pattern and not _SPECIAL.search(pattern) and "[[" not in pattern:
            yield f'{label}{operator}"{pattern}" is no regular expression: {"=" if operator == "=~" else "!="} does'


def costly(facts: Facts) -> Iterator[str]:
    """Subqueries of too many steps."""
    if facts.subquery_steps > MOST_STEPS:
        yield f"a subquery of {facts.subquery_steps:,.0f} steps; at most {MOST_STEPS:,}: record what it computes"
