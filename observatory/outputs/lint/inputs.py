"""Rules about a dashboard's variables."""

import re
from collections.abc import Iterator

from observatory.outputs.lint.board import Board, Variable, mapping, mappings, text, variable_name
from observatory.outputs.lint.promql import parse
from observatory.outputs.lint.registry import Defect, Rules
from observatory.outputs.lint.variables import expanded, names

RULES: Rules[Board] = Rules()
_ON_TIME_CHANGE = 2
_LABEL_VALUES = re.compile(r"\s*label_values\((?:(?P<expr>.+),)?\s*[\w$]+\s*\)\s*", re.DOTALL)
_FUNCTION = re.compile(r"\s*(?:label_names|metrics)\(.*\)\s*", re.DOTALL)
_QUERY_RESULT = re.compile(r"\s*query_result\((?P<expr>.+)\)\s*", re.DOTALL)


@RULES.error("undeclared-variable", "Every variable that is used is declared.")
def undeclared_variable(board: Board) -> Iterator[Defect]:
    """Grafana sends its name to Prometheus as it is."""
    declared = {variable.name for variable in board.variables}
    for where, path, written in _places(board):
        for name in dict.fromkeys(names(written)):
            if name not in declared:
                yield Defect(f"${name} is not declared", where, path)


def _places(board: Board) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
    for query in board.queries:
        yield query.where, query.path, query.text
    for panel in board.panels:
        yield panel.where, (*panel.path, "title"), text(panel.raw.get("title"))
        uid = text(mapping(panel.raw.get("datasource")).get("uid"))
        if variable_name(uid):
            yield panel.where, (*panel.path, "datasource"), uid
        if panel.raw.get("repeat"):
            yield panel.where, (*panel.path, "repeat"), f"${panel.raw['repeat']}"
        for number, link in mappings(panel.raw.get("links")):
            yield panel.where, (*panel.path, "links", number), text(link.get("url"))
    for variable in board.variables:
        if variable.kind == "query":
            yield variable.where, (*variable.path, "query"), variable.query


@RULES.warning("unused-variable", "Every variable that is declared is used.")
def unused_variable(board: Board) -> Iterator[Defect]:
    """Each costs a query when the dashboard opens."""
    if not board.variables:
        return
    used = set(names(board.text)) | {text(panel.raw.get("repeat")) for panel in board.panels}
    for variable in board.variables:
        if variable.name not in used and variable.kind != "adhoc":
            yield Defect("is used nowhere", variable.where, variable.path)


@RULES.error("variable-all", "All is written as $__all, which is what Grafana looks for.")
def variable_all(board: Board) -> Iterator[Defect]:
    """Else the dashboard opens on a value named All, which nothing has."""
    for variable in board.variables:
        value = mapping(variable.raw.get("current")).get("value")
        if variable.raw.get("includeAll") and value in ("All", ["All"]):
            yield Defect("current.value is All", variable.where, (*variable.path, "current"), fix='"$__all"')


@RULES.warning("variable-all-value", "A variable with All says what All means, such as allValue: .+")
def variable_all_value(board: Board) -> Iterator[Defect]:
    """Else every value goes into one long regular expression, and what is not in the list yet is left out."""
    for variable in board.variables:
        if variable.raw.get("includeAll") and variable.kind == "query" and not variable.raw.get("allValue"):
            yield Defect("has no allValue", variable.where, variable.path, fix='allValue: ".+"')


@RULES.warning(
    "variable-refresh", "Query variables are asked again when the time range changes (refresh: 2)."
)
def variable_refresh(board: Board) -> Iterator[Defect]:
    """A service that is newer than the page is not in the list."""
    for variable in board.variables:
        if variable.kind == "query" and variable.raw.get("refresh") != _ON_TIME_CHANGE:
            said = f"refresh is {variable.raw.get('refresh', 0)}"
            yield Defect(said, variable.where, (*variable.path, "refresh"), fix="refresh: 2")


@RULES.error("variable-query", "Query variables are PromQL, or one of Grafana's functions around it.")
def variable_query(board: Board) -> Iterator[Defect]:
    """Else the list stays empty."""
    for variable in board.variables:
        if variable.kind == "query" and _is_prometheus(board, variable):
            complaint = _complaint(variable.query)
            if complaint:
                yield Defect(complaint, variable.where, (*variable.path, "query"))


def _is_prometheus(board: Board, variable: Variable) -> bool:
    return board.is_prometheus(variable.raw.get("datasource"))


def _complaint(query: str) -> str:
    found = _LABEL_VALUES.fullmatch(query) or _QUERY_RESULT.fullmatch(query)
    if _FUNCTION.fullmatch(query) or (found and found["expr"] is None):
        return ""
    try:
        parse(expanded(found["expr"] if found else query))
    except ValueError as error:
        return f"{error}" or "it is no PromQL"
    return ""


@RULES.error("variable-match", "A variable that may have several values is matched with =~.")
def variable_match(board: Board) -> Iterator[Defect]:
    """Several values become a|b, which = compares as one text."""
    several = [v.name for v in board.variables if v.raw.get("multi") or v.raw.get("includeAll")]
    for query in board.queries if several else ():
        for name in several:
            if re.search(rf"(?<![~!=])!?=\s*[\"']\$\{{?{re.escape(name)}\b", query.text):
                yield Defect(f"${name} may have several values", query.where, query.path, fix=f'=~"${name}"')
