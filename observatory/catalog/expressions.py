"""SLIs of one's own PromQL, for what no other kind can say."""

from typing import Annotated, Literal, Self

import promql_parser
from pydantic import AfterValidator, Field, model_validator

from observatory.catalog.definition import Definition
from observatory.catalog.written import BadValue

WINDOW = "$window"
"""Stands for the length of a tick; Prometheus has no such name."""
MAX_LENGTH = 2_000
"""Characters. The parser below is recursive native code: text nested some ten thousand deep would end the process."""
_EXAMPLE = f"sum(increase(jobs_failed_total[{WINDOW}]))"


def _checked(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise BadValue(f"an expression has at most {MAX_LENGTH:,} characters", example=_EXAMPLE)
    if "[" in text and WINDOW not in text:
        rule = f"ranges are written as [{WINDOW}], which is the tick; another range counts events twice, or not at all"
        raise BadValue(rule, example=_EXAMPLE)
    written = text.replace(WINDOW, "1m")
    for whole in (written, f"sum({written})"):  # the second, so that it is a vector and has no comment
        try:
            promql_parser.parse(whole)
        except ValueError as error:
            raise BadValue(f"not an expression in PromQL for a vector: {error}", example=_EXAMPLE) from error
    return text


Expression = Annotated[
    str, AfterValidator(_checked), Field(min_length=1, max_length=MAX_LENGTH, examples=[_EXAMPLE])
]


class Promql(Definition):
    """SLI of two expressions in PromQL, each asked at the end of every tick, as they are: `$window` is the tick.

    Either `bad` and `total`, the events of the tick, or `ratio`, the share that `of` says, of the events that `total`
    counts or, without `total`, of the tick's time. Several series are added up; ratios are averaged.
    """

    bad: Expression | None = None
    total: Expression | None = None
    ratio: Expression | None = None
    of: Literal["bad", "good"] | None = None
    """Whether `ratio` is the share of bad events or of good ones."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        example = (
            "{bad: 'sum(increase(jobs_failed_total[$window]))', total: 'sum(increase(jobs_total[$window]))'}"
        )
        if (self.bad is None) == (self.ratio is None):
            raise BadValue("exactly one of bad and ratio is written", example=example)
        if self.bad is not None and self.total is None:
            raise BadValue("with bad, total says of how many", example=example)
        if (self.ratio is None) != (self.of is None):
            rule = "ratio needs of, which says whether it is the share of bad or of good events"
            raise BadValue(rule, example="{ratio: 'avg(job_success_ratio)', of: good}")
        return self
