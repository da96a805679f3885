"""The first two keys of a document: which version of the format it is in, and what it defines."""

from typing import Literal

from observatory.catalog.nodes import Mapped, Node, Scalar, follow
from observatory.catalog.problems import Problem, Severity, shortened
from observatory.catalog.written import nearest_to

API_VERSION = "observatory/v1"

Kind = Literal["Squad", "Service", "Journey", "Event"]
_KINDS: dict[str, Kind] = {"Squad": "Squad", "Service": "Service", "Journey": "Journey", "Event": "Event"}
_LISTED = "Squad, Service, Journey or Event"
_LATER = ("Policy",)
_FOREIGN = {"backstage.io/": "Backstage", "openslo/": "OpenSLO"}


def read_header(node: Node) -> tuple[Kind | None, list[Problem]]:
    """What kind of definition a document is (None: it is not to be read further), and what is wrong with its header."""
    if not isinstance(node, Mapped):
        found = "a list" if not isinstance(node, Scalar) else shortened(node.text)
        rule = "a document is a mapping from keys to values"
        return None, [Problem(node.place, "", rule, found, f"apiVersion: {API_VERSION}")]
    version = _word(node, "apiVersion")
    for prefix, product in _FOREIGN.items():
        if version.startswith(prefix):
            rule = f"{product} documents are not read yet; this one is left out"
            return None, [_problem(node, "apiVersion", rule, severity="warning")]
    problems = []
    if version != API_VERSION:
        problems.append(_problem(node, "apiVersion", _rule(node, "apiVersion", API_VERSION), API_VERSION))
    word = _word(node, "kind")
    if word in _LATER:
        rule = f"kind {word} is not supported yet; supported are {_LISTED}"
        problems.append(_problem(node, "kind", rule, "Service"))
    elif word not in _KINDS:
        rule = _rule(node, "kind", _LISTED)
        problems.append(_problem(node, "kind", rule, "Service", nearest=nearest_to(word, _KINDS)))
    return _KINDS.get(word), problems


def _word(node: Node, key: str) -> str:
    taken, found, _ = follow(node, (key,))
    return found.text if taken and isinstance(found, Scalar) else ""


def _rule(node: Mapped, key: str, right: str) -> str:
    return f"{key} is {right}" if key in node.entries else f"{key} is missing; it is {right}"


def _problem(
    node: Mapped,
    key: str,
    rule: str,
    example: str | None = None,
    *,
    nearest: str | None = None,
    severity: Severity = "error",
) -> Problem:
    place = node.entries[key].value.place if key in node.entries else node.place
    value = shortened(_word(node, key)) if key in node.entries else None
    written = None if example is None else f"{key}: {example}"
    return Problem(place, key, rule, value, written, nearest, severity)
