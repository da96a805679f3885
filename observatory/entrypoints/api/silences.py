"""/api/v1/silences: what is kept quiet, by whom, why, and until when."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, AwareDatetime, Field, field_validator, model_validator

from observatory.alerting import Matcher, Silence
from observatory.application.silencing import NewSilence
from observatory.catalog import notation
from observatory.entrypoints.api.actors import Allowed, By, actor
from observatory.entrypoints.api.schema import Problem, Shape
from observatory.entrypoints.api.state import LookedAt
from observatory.errors import DefinitionError

router = APIRouter(prefix="/api/v1/silences", tags=["silences"])
_LONG_AGO = timedelta(days=7)


def _matcher(text: str) -> str:
    try:
        Matcher.read(text)
    except DefinitionError as error:
        raise ValueError(str(error)) from error
    return text


class SilenceShape(Shape):
    """A silence."""

    id: str
    matchers: list[str]
    owner: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    created_by: str
    active: bool


class SilenceRequest(Shape):
    """A silence to add; it ends at `ends_at`, or lasts for `lasts`."""

    matchers: list[Annotated[str, AfterValidator(_matcher)]] = Field(
        min_length=1, max_length=20, examples=[["service=playlist", "severity=ticket"]]
    )
    owner: str = Field(description="Who answers for it: a squad or a person.", examples=["playlists"])
    reason: str = Field(examples=["The database moves tonight."])
    by: By = Field(examples=["anna"])
    starts_at: AwareDatetime | None = Field(None, description="Now, unless said otherwise.")
    ends_at: AwareDatetime | None = None
    lasts: timedelta | None = Field(
        None,
        le=timedelta(days=366),
        examples=["2h"],
        json_schema_extra={"anyOf": [{"type": "string", "pattern": notation.DURATION}, {"type": "null"}]},
    )
    confirm: bool = Field(default=False, description="It is meant to last longer than 7 days.")

    @field_validator("lasts", mode="before")
    @classmethod
    def _duration(cls, value: object) -> object:
        try:
            return None if value is None else notation.read_duration(value, example="2h")
        except OverflowError as error:
            raise ValueError("longer than time is counted; for example 2h") from error

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.ends_at is None) == (self.lasts is None):
            raise ValueError("exactly one of ends_at and lasts says when it ends")
        return self

    def asked(self, now: datetime) -> NewSilence:
        """What is asked for."""
        starts_at = (self.starts_at or now).astimezone(UTC)
        ends_at = self.ends_at.astimezone(UTC) if self.ends_at else starts_at + (self.lasts or timedelta())
        return NewSilence(
            matchers=tuple(map(Matcher.read, self.matchers)),
            owner=self.owner.strip(),
            reason=self.reason.strip(),
            starts_at=starts_at,
            ends_at=ends_at,
            confirmed=self.confirm,
        )


@router.get("", responses={422: {"model": Problem}, 503: {"model": Problem}})
def silences(
    views: LookedAt,
    ended: Annotated[bool, Query(description="Also those that ended in the last 7 days.")] = False,  # noqa: FBT002 - a query's flag
) -> list[SilenceShape]:
    """Silences that are active or will be; the one that ends first comes first."""
    now = views.clock.now()
    after = now - _LONG_AGO if ended else now
    return [_shape(one, now) for one in views.alerts.silences(ending_after=after)]


@router.post("", status_code=201, responses={422: {"model": Problem}, 503: {"model": Problem}})
def add_silence(request: Request, allowed: Allowed, views: LookedAt, new: SilenceRequest) -> SilenceShape:
    """Keep quiet what all matchers match."""
    now = views.clock.now()
    return _shape(allowed.add_silence(new.asked(now), actor=actor(request, new.by)), now)


@router.delete("/{silence_id}", responses={404: {"model": Problem}, 503: {"model": Problem}})
def expire_silence(
    request: Request,
    allowed: Allowed,
    views: LookedAt,
    silence_id: str,
    by: Annotated[By, Query(description="Who ends it.")],
) -> SilenceShape:
    """End a silence now; it stays in the list of those that ended."""
    ended = allowed.expire_silence(silence_id, actor=actor(request, by))
    return _shape(ended, views.clock.now())


def _shape(silence: Silence, now: datetime) -> SilenceShape:
    fields: dict[str, Any] = {
        name: getattr(silence, name)
        for name in ("id", "owner", "reason", "starts_at", "ends_at", "created_by")
    }
    matchers = [str(matcher) for matcher in silence.matchers]
    return SilenceShape(matchers=matchers, active=silence.is_active(now), **fields)
