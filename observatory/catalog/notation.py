"""How single values are written in YAML: names, percentages, durations, selectors, Slack ids.

Each notation reads the text into the value that the models hold, or says what would be right; and each describes
itself in JSON Schema. Values that are already what the models hold pass through.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache, partial
from typing import Any
from zoneinfo import available_timezones

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from observatory.catalog.selectors import parse_selector
from observatory.catalog.written import BadValue, nearest_to
from observatory.errors import DefinitionError


@dataclass(frozen=True, slots=True, eq=False)
class Notation:
    """Annotation of a field: a reader that runs before validation, and the JSON Schema of what is written."""

    read: Callable[[object], object]
    schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


@dataclass(frozen=True, slots=True)
class Keyed:
    """Annotation of an alternative that is written as a mapping with one key: `{events: …}`."""

    key: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._unwrap, handler(source))

    def _unwrap(self, value: object) -> object:
        return value.get(self.key) if isinstance(value, dict) else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {self.key: handler(schema)},
            "required": [self.key],
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class Short:
    """Annotation of a mapping that may also be written as the value of one of its keys: `probe: up`."""

    key: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._wrap, handler(source))

    def _wrap(self, value: object) -> object:
        return {self.key: value} if isinstance(value, str) else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(schema)]}


def text(pattern: str, *, rule: str, example: str) -> Notation:
    """Text of a certain form, kept as it is."""
    form = re.compile(pattern)

    def read(value: object) -> object:
        if isinstance(value, str) and not form.fullmatch(value):
            raise BadValue(rule, example=example)
        return value

    return Notation(read, {"type": "string", "pattern": f"^(?:{pattern})$", "examples": [example]})


def one_of(known: Callable[[], Iterable[str]], *, rule: str, example: str) -> Notation:
    """One of the known words, kept as it is."""

    def read(value: object) -> object:
        if isinstance(value, str) and value not in known():
            raise BadValue(rule, example=example, nearest=nearest_to(value, known()))
        return value

    return Notation(read, {"type": "string", "enum": sorted(known()), "examples": [example]})


DURATION = r"(?:\d{1,6}w)?(?:\d{1,6}d)?(?:\d{1,6}h)?(?:\d{1,6}m(?!s))?(?:\d{1,6}s)?(?:\d{1,9}ms)?"
_PART = re.compile(r"(\d+)(ms|[wdhms])")
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_DURATION_RULE = "a duration is a whole number and its unit (w, d, h, m, s or ms), longer than nothing"


def read_duration(value: object, *, example: str) -> object:
    """`300ms`, `15m` and `1h30m`, as Prometheus writes durations, to a timedelta."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        right = f"{value}{example.lstrip('0123456789')}" if isinstance(value, int) and value > 0 else example
        raise BadValue(f"{_DURATION_RULE}; the unit is missing", example=right)
    if not isinstance(value, str):
        return value
    if not re.fullmatch(DURATION, value):
        raise BadValue(_DURATION_RULE, example=example)
    length = sum((int(count) * _UNITS[unit] for count, unit in _PART.findall(value)), timedelta())
    if not length:
        raise BadValue(_DURATION_RULE, example=example)
    return length


def duration(example: str) -> Notation:
    """A length of time; the example shows which unit is usual."""
    schema = {"type": "string", "pattern": f"^(?=.){DURATION}$", "examples": [example]}
    return Notation(partial(read_duration, example=example), schema)


_DECIMALS = 6


def read_percentage(value: object, *, what: str = "an objective") -> object:
    """A percentage to Decimal, exactly as written.

    More than six decimals are refused: 99.999999 % already allows a third of a second of failure a year.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if isinstance(value, str):
        raise BadValue(f"{what} is a number in percent, without quotes or sign", example="99.9")
    if not isinstance(value, Decimal):
        return value
    if not value.is_finite() or value <= 0 or value > 100:  # noqa: PLR2004 - percent
        raise BadValue(f"{what} is a percentage above 0 and below 100", example="99.9")
    if value == 100:  # noqa: PLR2004 - percent
        raise BadValue(
            f"{what} is below 100 percent: 100 leaves no error budget, so any failure would break it",
            example="99.99",
        )
    if value <= 1:
        raise BadValue(
            f"{what} is written in percent and is above 1; this looks like a ratio",
            example=f"{(value * 100).normalize():f}",
        )
    if -int(value.as_tuple().exponent) > _DECIMALS:
        raise BadValue(f"{what} has at most {_DECIMALS} decimals", example=f"{value:.2f}")
    return value


def read_number(value: object) -> object:
    """A number to Decimal, exactly as written."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        raise BadValue("a number is written without quotes and unit", example="100")
    return value


def read_number_or_duration(value: object) -> object:
    """A number to Decimal, and what has a unit to timedelta."""
    return read_duration(value, example="5m") if isinstance(value, str) else read_number(value)


def read_selector(value: object) -> object:
    """PromQL to a Selector."""
    if not isinstance(value, str):
        return value
    try:
        return parse_selector(value)
    except DefinitionError as error:
        raise BadValue(str(error), example='http_requests_total{code=~"5.."}') from error


def as_tuple(value: object) -> object:
    """One thing is a list of one."""
    return value if isinstance(value, tuple) else (value,)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


NAME = text(
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
    rule="a name is 1 to 63 lower-case letters, digits and hyphens, and begins and ends without a hyphen",
    example="playlist",
)
LABEL = text(
    r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*",
    rule="a label name is letters, digits and underscores, begins with no digit and not with __",
    example="job",
)
LABEL_VALUE = text(r"[\s\S]+", rule="a label value is not empty", example="playlist")
URL = text(
    r"https?://[^\s/?#]+\S*",
    rule="a link begins with http:// or https://",
    example="https://runbooks.example/playlist",
)
CHANNEL = text(
    r"[CDG][A-Z0-9]{8,10}|#[^\s]{1,80}",
    rule="a Slack channel is given by its id, 9 to 11 upper-case letters and digits beginning with C; Slack "
    "shows it at the end of the channel's details. Without quotes, a # begins a comment",
    example="C024BE91L",
)
MENTION = text(
    r"[SUW][A-Z0-9]{8,10}",
    rule="who is mentioned is given by the id of a Slack user group (S…) or user (U…, W…)",
    example="S0614TZR7",
)
HOURS = text(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:-(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))?) "
    r"(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)",
    rule="working hours are days and times of a 24-hour clock",
    example="Mon-Fri 09:00-18:00",
)
TIME_ZONE = one_of(
    _time_zones, rule="a time zone is a name from the IANA database", example="Europe/Stockholm"
)
GLOB = text(
    r"[^\s]{1,200}",
    rule="a pattern is a name in which * stands for any characters, without spaces",
    example="search-*",
)
PERCENT = Notation(
    read_percentage,
    {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 100, "examples": [99.9]},
)
NUMBER = Notation(read_number, {"type": "number", "examples": [100]})
NUMBER_OR_DURATION = Notation(
    read_number_or_duration,
    {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^(?=.){DURATION}$"}], "examples": [1000]},
)
_SELECTOR = {"type": "string", "minLength": 1, "examples": ['http_requests_total{code=~"5.."}']}
SELECTOR = Notation(read_selector, _SELECTOR)
ONE_OR_MORE_SELECTORS = Notation(
    as_tuple, {"anyOf": [_SELECTOR, {"type": "array", "items": _SELECTOR, "minItems": 1}]}
)
