"""Rules about what a dashboard and its parts are called."""

import re
from collections import Counter
from collections.abc import Iterator

from observatory.outputs.lint.board import Board, text
from observatory.outputs.lint.registry import Defect, Rules

RULES: Rules[Board] = Rules()
_WITHOUT_QUERIES = ("row", "text", "dashlist", "alertlist", "news", "annolist")
_UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")


@RULES.error("dashboard-uid", "A dashboard has a uid of 1 to 40 letters, digits, hyphens or underscores.")
def dashboard_uid(board: Board) -> Iterator[Defect]:
    """Without one, Grafana makes up another with every import, and links break."""
    uid = board.raw.get("uid")
    if not _UID.fullmatch(text(uid)):
        said = f"uid is {uid!r}" if uid else "has no uid"
        yield Defect(f"{said}; it needs 1 to 40 letters, digits, - or _", path=(*board.prefix, "uid"))


@RULES.error("dashboard-title", "A dashboard has a title.")
def dashboard_title(board: Board) -> Iterator[Defect]:
    """It is what people look for."""
    if not text(board.raw.get("title")).strip():
        yield Defect("has no title", path=(*board.prefix, "title"))


@RULES.error("panel-id", "Panel ids are there, and unique in their dashboard.")
def panel_id(board: Board) -> Iterator[Defect]:
    """Links to a panel and its alerts go by its id."""
    counts = Counter(str(panel.raw.get("id")) for panel in board.panels)
    for panel in board.panels:
        identity = panel.raw.get("id")
        if not isinstance(identity, int):
            yield Defect("has no id", panel.where, panel.path)
        elif counts[str(identity)] > 1:
            yield Defect(f"shares its id {identity} with another panel", panel.where, (*panel.path, "id"))


@RULES.error("panel-query", "Every panel but rows and texts asks something.")
def panel_query(board: Board) -> Iterator[Defect]:
    """Else it is empty for ever."""
    for panel in board.panels:
        if panel.raw.get("type") not in _WITHOUT_QUERIES and not panel.targets:
            yield Defect("has no query", panel.where, panel.path)


@RULES.error("query-ref", "Every query of a panel has a refId of its own.")
def query_ref(board: Board) -> Iterator[Defect]:
    """Of two with one refId, Grafana asks one."""
    for panel in board.panels:
        counts = Counter(target.ref for target in panel.targets)
        for target in panel.targets:
            if not target.ref or counts[target.ref] > 1:
                said = f"refId {target.ref} is another query's, too" if target.ref else "has no refId"
                yield Defect(said, target.where, target.path, fix="such as: A, B, C")


@RULES.error("schema-version", "schemaVersion is 36 or more, so that no migration guesses.")
def schema_version(board: Board) -> Iterator[Defect]:
    """Below 36, Grafana rewrites data sources and links when it loads a dashboard."""
    version = board.raw.get("schemaVersion")
    if not isinstance(version, int) or version < 36:  # noqa: PLR2004 - Grafana 10's own
        yield Defect(f"schemaVersion is {version}", path=(*board.prefix, "schemaVersion"), fix="such as: 41")
