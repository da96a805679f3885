"""The ways in which a demo service can be broken, and what its users feel then."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

import numpy as np

from observatory.errors import DefinitionError
from observatory.sandbox.demo.traffic import Condition

SLOWDOWN = 10.0
"""How many times longer everything takes in a slow service."""


class Mode(StrEnum):
    """How a service is broken."""

    ERRORS = "errors"
    SLOW = "slow"
    DOWN = "down"
    NO_TRAFFIC = "no-traffic"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a service. `share` of its requests fail, in mode `errors` alone."""

    mode: Mode
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise DefinitionError(
                f"a share of failing requests is above 0 and at most 1, such as 0.2; got {self.share:g}"
            )

    def __str__(self) -> str:
        match self.mode:
            case Mode.ERRORS:
                return f"{self.share:.4g} of its requests fail"
            case Mode.SLOW:
                return f"everything takes {SLOWDOWN:g} times as long"
            case Mode.DOWN:
                return "it does not answer, nor can it be scraped"
            case Mode.NO_TRAFFIC:
                return "nobody calls it"
            case _ as never:
                assert_never(never)


def condition_of(trouble: Trouble | None) -> Condition:
    """What a service's users feel at this one moment."""
    mode = trouble.mode if trouble else None
    failing = trouble.share if trouble and mode is Mode.ERRORS else 0.0
    return Condition(
        failing=np.array([failing]),
        slowdown=np.array([SLOWDOWN if mode is Mode.SLOW else 1.0]),
        demand=np.array([0.0 if mode is Mode.NO_TRAFFIC else 1.0]),
        up=np.array([mode is not Mode.DOWN]),
    )
