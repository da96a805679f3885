"""What an error budget is made of: single events, or slices of time that are good or bad as a whole."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Tag
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from observatory.catalog import notation
from observatory.catalog.definition import Definition
from observatory.catalog.durations import duration_text
from observatory.catalog.written import BadValue, nearest_to

_LONGEST = timedelta(minutes=5)
"""The shortest window that alerts look at: a longer slice would mostly be missing from it."""
OCCURRENCES = "occurrences"
_EXAMPLE = "{timeslices: {slice: 1m, target: 95}}"


def _read_slice(value: object) -> object:
    length = notation.read_duration(value, example="1m")
    if isinstance(length, timedelta) and (_LONGEST % length or length % timedelta(seconds=1)):
        raise BadValue(
            "a slice is whole seconds, and five minutes are a whole number of slices", example="1m"
        )
    return length


def _read_target(value: object) -> object:
    """A percentage to Decimal; 100 means that not a single event of a slice may be bad."""
    return Decimal(100) if value == 100 else notation.read_percentage(value, what="a target")  # noqa: PLR2004 - percent


_SLICE = notation.Notation(
    _read_slice, {"type": "string", "pattern": f"^(?=.){notation.DURATION}$", "examples": ["1m", "5m"]}
)
_TARGET = notation.Notation(
    _read_target, {"type": "number", "exclusiveMinimum": 1, "maximum": 100, "examples": [95]}
)


class Occurrences(Definition):
    """Every event counts: the budget is a number of bad events."""

    @property
    def name(self) -> str:
        """What outputs call it."""
        return OCCURRENCES


class Timeslices(Definition):
    """The budget is a time: a slice is good when at least `target` per cent of its events are, and else it is bad."""

    slice: Annotated[timedelta, _SLICE] = Field(examples=["1m"])
    target: Annotated[Decimal, _TARGET] = Field(examples=[95])

    @property
    def allowed(self) -> Decimal:
        """The share of a slice's events that may be bad."""
        return (100 - self.target) / 100

    @property
    def name(self) -> str:
        """What outputs call it: timeslices of 1m at 95 %."""
        return f"timeslices of {duration_text(self.slice)} at {self.target.normalize():f} %"


class RatioTimeslices(Definition):
    """The budget is a time, of which a slice spends the share of its events that are bad."""

    slice: Annotated[timedelta, _SLICE] = Field(examples=["1m"])

    @property
    def name(self) -> str:
        """What outputs call it: ratio timeslices of 1m."""
        return f"ratio timeslices of {duration_text(self.slice)}"


InSlices = Timeslices | RatioTimeslices
"""Methods whose budget is a time."""
METHODS: Mapping[str, type[Definition]] = {"timeslices": Timeslices, "ratio_timeslices": RatioTimeslices}
"""By the word that a method is written with."""


def _one_method(value: object) -> object:
    """`occurrences`, or a mapping with one key: the other methods have to say how long a slice is."""
    if isinstance(value, (Occurrences, Timeslices, RatioTimeslices)):
        return value
    words = [OCCURRENCES, *METHODS]
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in METHODS:
        return value
    if value == OCCURRENCES:
        return Occurrences()
    if isinstance(value, str) and value in METHODS:
        raise BadValue(f"{value} says how long a slice is", example=f"{{{value}: {{slice: 1m}}}}")
    word = next(iter(value), "") if isinstance(value, dict) else value
    rule = f"a budgeting method is {OCCURRENCES}, or a mapping from one of {' and '.join(METHODS)}"
    raise BadValue(rule, example=_EXAMPLE, nearest=nearest_to(str(word), words))


def _method_of(value: object) -> str:
    if isinstance(value, dict):
        return str(next(iter(value)))
    return next((word for word, model in METHODS.items() if isinstance(value, model)), OCCURRENCES)


class _Word:
    """Annotation of the alternative that is written as a word."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(source)

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"const": OCCURRENCES}


Method = Annotated[
    Annotated[Occurrences, _Word(), Tag(OCCURRENCES)]
    | Annotated[Timeslices, notation.Keyed("timeslices"), Tag("timeslices")]
    | Annotated[RatioTimeslices, notation.Keyed("ratio_timeslices"), Tag("ratio_timeslices")],
    Discriminator(_method_of),
    BeforeValidator(_one_method),
]
