"""A document's nodes to a definition, or pydantic's errors to problems in a squad's words."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from observatory.catalog.budgeting import METHODS
from observatory.catalog.definition import Definition, Placed
from observatory.catalog.nodes import Mapped, Node, Scalar, Step, follow, path_text
from observatory.catalog.problems import Problem, shortened
from observatory.catalog.scalars import value_of
from observatory.catalog.slis import KINDS
from observatory.catalog.windows import TAGS
from observatory.catalog.written import Ambiguous, BadValue, nearest_to

D = TypeVar("D", bound=Placed)

MAX_PROBLEMS = 50
"""Of one document. Finding the nearest spelling takes time that hostile text could multiply."""

_TAGGED: Mapping[str, type[Definition]] = {**KINDS, **METHODS}
"""Which of several alternatives a step of a path names."""


def validate(node: Mapped, model: type[D]) -> tuple[D | None, list[Problem]]:
    """The definition that a document holds, or what is wrong with it."""
    written = value_of(node)
    if isinstance(written, dict):
        written.pop("apiVersion", None)
    try:
        return model.model_validate(written, strict=True), []
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems = [_problem(node, model, details) for details in found[:MAX_PROBLEMS]]
        if left := len(found) - len(problems):
            problems.append(Problem(node.place, "", f"and {left:,} more problems in this document"))
        return None, problems


def _problem(root: Node, model: type[Definition], details: ErrorDetails) -> Problem:
    typed = tuple(step for step in details["loc"] if step not in TAGS)
    path = _as_written(typed)
    written_by_hand = path[-1:] == ("place",)
    if details["type"] == "extra_forbidden" or written_by_hand:
        return _unknown_key(root, path, _fields(model, typed[:-1]))
    if details["type"] == "missing":
        return _missing(root, path, _fields(model, typed[:-1]))
    if path[-1:] == ("[key]",):
        taken, _, place = follow(root, path[:-1])
        node: Node = Scalar(place, str(path[-2]), plain=False)
    else:
        taken, node, place = follow(root, path)
        place = node.place
    error = details.get("ctx", {}).get("error")
    if isinstance(error, BadValue):
        taken, node, _ = follow(root, (*path, *error.at)) if error.at else (taken, node, place)
        return Problem(node.place, path_text(taken), error.rule, _shown(node), error.example, error.nearest)
    rule, nearest = _rule(details)
    return Problem(place, path_text(taken), rule, _shown(node), _example(model, taken, node), nearest)


def _as_written(path: Sequence[Step]) -> tuple[Step, ...]:
    """The path in the document: that an SLI is a preset is no step of it, as the other kinds are."""
    for number, pair in enumerate(pairwise(path), start=1):
        if pair == ("sli", "preset"):
            return (*path[:number], *path[number + 1 :])
    return tuple(path)


def _unknown_key(root: Node, path: Sequence[Step], fields: Mapping[str, FieldInfo]) -> Problem:
    key = str(path[-1])
    _, _, place = follow(root, path)
    known = [*fields, *(["apiVersion"] if len(path) == 1 else [])]
    rule = f"unknown key; known here are {', '.join(known)}"
    return Problem(place, path_text(path), rule, nearest=nearest_to(key, known))


def _missing(root: Node, path: Sequence[Step], fields: Mapping[str, FieldInfo]) -> Problem:
    key = str(path[-1])
    _, parent, _ = follow(root, path[:-1])
    field = fields.get(key)
    example = f"{key}: {field.examples[0]}" if field is not None and field.examples else None
    return Problem(parent.place, path_text(path), f"{key} is missing", example=example)


def _example(model: type[Definition], path: Sequence[Step], node: Node) -> str | None:
    if isinstance(node, Scalar) and isinstance(value_of(node), (Ambiguous, int)):
        quoted = f'"{shortened(node.text)}"'
    else:
        quoted = None
    names = [step for step in path if isinstance(step, str)]
    field = _fields(model, path[: path.index(names[-1])]).get(names[-1]) if names else None
    return str(field.examples[0]) if field is not None and field.examples else quoted


_RULES = {
    "string_type": "text is expected here",
    "int_type": "a whole number is expected here",
    "decimal_type": "a number is expected here",
    "tuple_type": "a list is expected here",
    "mapping_type": "a mapping is expected here",
    "dict_type": "a mapping is expected here",
    "model_type": "a mapping is expected here",
    "is_instance_of": "{expected} is expected here",
    "time_delta_type": "a duration is expected here, as text",
    "greater_than_equal": "at least {ge} is expected here",
    "less_than_equal": "at most {le} is expected here",
    "literal_error": "one of {expected} is expected here",
}
_INSTANCES = {"Decimal": "a number", "Selector": "a selector, as text,", "timedelta": "a duration, as text,"}


def _rule(details: ErrorDetails) -> tuple[str, str | None]:
    """The rule that a value broke, and the nearest of the words it allows."""
    context = details.get("ctx", {})
    if details["type"] == "is_instance_of":
        context = {"expected": _INSTANCES.get(context["class"], context["class"])}
    rule = _RULES.get(details["type"], details["msg"]).format_map({k: str(v) for k, v in context.items()})
    value = details["input"]
    if isinstance(value, Ambiguous):
        rule += f"; without quotes, some YAML readers take this for {value.reading}"
    elif value is None:
        rule += ", and nothing is written; a # that is not in quotes begins a comment"
    elif details["type"] == "string_type" and isinstance(value, (int, float)):
        rule += "; quotes make it text"
    words = [word.strip("' ") for word in str(context.get("expected", "")).replace(" or ", ",").split(",")]
    return rule, nearest_to(str(value), words) if details["type"] == "literal_error" else None


def _shown(node: Node) -> str:
    match node:
        case Scalar(text="", plain=True):
            return "(nothing)"
        case Scalar():
            return shortened(node.text)
        case Mapped():
            return shortened(f"{{{', '.join(f'{shortened(key)}: …' for key in list(node.entries)[:4])}}}")
        case _:
            return f"a list of {len(node.items)}"


def _fields(model: type[Definition], path: Sequence[Step]) -> Mapping[str, FieldInfo]:
    """The fields of the definition that stands at a path of the document."""
    here = [model]
    for step in path:
        if isinstance(step, int):
            continue
        tagged = [_TAGGED[step]] if len(here) > 1 and step in _TAGGED else []
        inner = [one.model_fields[step].annotation for one in here if step in one.model_fields]
        here = tagged or [found for annotation in inner for found in _definitions(annotation)]
    return {name: field for one in here for name, field in one.model_fields.items() if name != "place"}


def _definitions(annotation: object) -> Iterator[type[Definition]]:
    if isinstance(annotation, type) and issubclass(annotation, Definition):
        yield annotation
    for part in get_args(annotation):
        yield from _definitions(part)
