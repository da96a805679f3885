"""The lint of dashboards: each by itself, then all of them together."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from observatory.outputs.findings.model import Finding, Level, Step
from observatory.outputs.lint import asking, drawing, frugality, identity, inputs, layout, wording
from observatory.outputs.lint.board import Board, mapping, mappings, text
from observatory.outputs.lint.metrics import Known

RULES = (
    identity.RULES,
    layout.RULES,
    wording.RULES,
    inputs.RULES,
    asking.RULES,
    drawing.RULES,
    frugality.RULES,
)
_LINKED = re.compile(r"/d/([^/?#${]+)(?=[/?#]|$)")
ACROSS = {
    "dashboard-json": "A *.json below dashboards/ is a dashboard in the classic schema (bare, or in Git Sync's envelope).",
    "uid-twice": "No two dashboards have one uid.",
    "title-twice": "No two dashboards of a folder have one title.",
    "dead-link": "A link to /d/<uid> leads to a dashboard that is there.",
}
"""Rules that are no function of one dashboard."""


@dataclass(frozen=True, slots=True)
class Card:
    """What other dashboards have to know of one."""

    file: str
    uid: str
    title: str
    links: tuple[tuple[str, tuple[Step, ...], str], ...]
    """Part of the dashboard, path, and the uid that it leads to."""


def lint_dashboard(file: str, content: str, known: Known) -> tuple[list[Finding], Card | None]:
    """What is wrong with a dashboard by itself, and its card; no card when it can't be read."""
    try:
        raw = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return [_unreadable(file, f"it is no JSON: {error.msg}", error.lineno)], None
    board = _board(raw, file, content, known)
    if board is None:
        return [_unreadable(file, "it is no dashboard in the classic schema", 1)], None
    findings = [finding for rules in RULES for finding in rules.findings(file, board)]
    return findings, Card(
        file, text(board.raw.get("uid")), text(board.raw.get("title")), tuple(_links(board))
    )


def board_of(content: str) -> Board | None:
    """A dashboard; None when it can't be read."""
    try:
        return _board(orjson.loads(content), "", content, Known())
    except orjson.JSONDecodeError:
        return None


def _board(raw: Any, file: str, content: str, known: Known) -> Board | None:
    """Bare, or in the envelope of `dashboard.grafana.app`."""
    prefix: tuple[Step, ...] = ()
    if isinstance(raw, dict) and isinstance(raw.get("spec"), dict) and raw.get("kind") == "Dashboard":
        raw, prefix = raw["spec"], ("spec",)
    if not isinstance(raw, dict) or not isinstance(raw.get("panels", []), list) or "elements" in raw:
        return None
    return Board(file, content, raw, prefix, known)


def _unreadable(file: str, message: str, line: int) -> Finding:
    return Finding("dashboard-json", Level.ERROR, file, message, line=line)


def lint_together(cards: Iterable[Card], *, elsewhere: Iterable[str] = ()) -> Iterator[Finding]:
    """What is wrong between dashboards; `elsewhere` are uids that exist and are not among them."""
    cards = list(cards)
    uids = Counter(card.uid for card in cards if card.uid)
    titles = Counter(_shelf(card) for card in cards if card.title)
    there = {*uids, *elsewhere}
    for card in cards:
        if uids[card.uid] > 1:
            yield _across("uid-twice", card, f"uid {card.uid} is another dashboard's, too", path=("uid",))
        if titles[_shelf(card)] > 1:
            yield _across("title-twice", card, f'"{card.title}" is twice in its folder', path=("title",))
        for where, path, uid in card.links:
            if uid not in there:
                yield _across("dead-link", card, f"no dashboard has the uid {uid}", where, path)


def _across(rule: str, card: Card, message: str, where: str = "", path: tuple[Step, ...] = ()) -> Finding:
    return Finding(rule, Level.ERROR, card.file, message, where, path)


def _shelf(card: Card) -> tuple[str, str]:
    return card.file.rpartition("/")[0], card.title


def _links(board: Board) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    for number, link in mappings(board.raw.get("links")):
        yield from _linked("link", (*board.prefix, "links", number), link)
    for panel in board.panels:
        for number, link in mappings(panel.raw.get("links")):
            yield from _linked(panel.where, (*panel.path, "links", number), link)
        for path, value in panel.properties("links"):
            for _, link in mappings(value):
                yield from _linked(panel.where, path, link)


def _linked(where: str, path: tuple[Step, ...], link: Any) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    uid = linked(text(mapping(link).get("url")))
    if uid:
        yield where, path, uid


def linked(url: str) -> str:
    """The uid of the dashboard that a path leads to; empty for what leads elsewhere, or to one of many."""
    found = _LINKED.match(url)
    return found[1] if found else ""
