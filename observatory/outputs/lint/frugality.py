"""Rules about what a dashboard costs whoever opens it, and whoever answers."""

import re
from collections.abc import Iterator

from observatory.outputs.lint.board import Board
from observatory.outputs.lint.habits import costly, needless
from observatory.outputs.lint.registry import Defect, Rules

RULES: Rules[Board] = Rules()
_FIXED = re.compile(r"\b(?:rate|irate|increase)\s*\([^\[]*\[\s*\d")
_RANKED = re.compile(r"\b(?:topk|bottomk)\s*(?:by|without)?\s*\(")
_LARGEST = 1_048_576
_MOST_PANELS, _MOST_QUERIES = 100, 200


@RULES.warning("topk-over-time", "topk and bottomk are for tables and figures, not for charts over time.")
def topk_over_time(board: Board) -> Iterator[Defect]:
    """Each step has a ranking of its own: dozens of lines in pieces."""
    for panel in board.panels:
        for target in panel.targets if panel.kind == "timeseries" else ():
            asked = target.query.text if target.query and not target.is_instant else ""
            if target.query and _RANKED.search(asked) and "@ end()" not in asked:
                fix = "rank once, such as: sum by (job) (…) and topk(5, sum by (job) (… @ end()))"
                yield Defect("ranks anew at every step", target.where, target.query.path, fix)


@RULES.warning("fixed-window", "Charts rate over $__rate_interval, which grows with the step.")
def fixed_window(board: Board) -> Iterator[Defect]:
    """Zoomed out, [5m] leaves most of the data between the steps unread."""
    for panel in board.panels:
        for target in panel.targets if panel.kind == "timeseries" else ():
            if target.query and not target.is_instant and _FIXED.search(target.query.text):
                yield Defect(
                    "rates over a fixed window", target.where, target.query.path, "[$__rate_interval]"
                )


@RULES.warning("subquery", "Subqueries have at most 1 500 steps: what is longer is recorded first.")
def subquery(board: Board) -> Iterator[Defect]:
    """At every step of the chart the whole of it is evaluated again."""
    for query in board.queries:
        for message in costly(query.facts) if query.facts else ():
            yield Defect(message, query.where, query.path)


@RULES.warning("regex", "Regular expressions are needed, and without anchors that are there anyway.")
def regex(board: Board) -> Iterator[Defect]:
    """= says what is meant, and costs less."""
    for query in board.queries:
        for message in needless(query.text):
            yield Defect(message, query.where, query.path)


@RULES.warning("retention", "Queries look no further back than Prometheus remembers (with --retention).")
def retention(board: Board) -> Iterator[Defect]:
    """What is older is not there, and the chart does not say so."""
    for query in board.queries if board.known.retention else ():
        message = board.known.forgotten(query.facts) if query.facts else ""
        if message:
            yield Defect(message, query.where, query.path)


@RULES.warning(
    "dashboard-size", f"A dashboard has at most {_MOST_PANELS} panels and {_MOST_QUERIES} queries."
)
def dashboard_size(board: Board) -> Iterator[Defect]:
    """Nobody scrolls so far, and every viewer costs Prometheus all of it."""
    panels, queries = len(board.panels), len(board.queries)
    if panels > _MOST_PANELS or queries > _MOST_QUERIES:
        yield Defect(f"has {panels} panels and {queries} queries", path=(*board.prefix, "panels"))


@RULES.error("dashboard-bytes", "A dashboard has at most 1 MiB, which is what ConfigMaps and proxies carry.")
def dashboard_bytes(board: Board) -> Iterator[Defect]:
    """It can't be provisioned, and the message says something else."""
    if len(board.text) > _LARGEST // 4 and len(board.text.encode()) > _LARGEST:
        yield Defect(f"has {len(board.text.encode()):,} bytes", path=board.prefix)
