"""/api/v1/alertmanager: Alertmanager's webhook, version 4.

Alertmanager tries again after a 5xx, and not after a 4xx: what can't be stored now is 503, never 429; what is no webhook
at all is 422; one alert among others that can't be read costs nothing but itself, and is named in the answer.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from observatory.alerting.reports import Alert, Report
from observatory.application.alertmanager import Receive
from observatory.entrypoints.api.actors import Allowed
from observatory.entrypoints.api.bodies import bounded
from observatory.entrypoints.api.problems import problem
from observatory.entrypoints.api.schema import Problem, Shape
from observatory.errors import NotFound

PATH = "/api/v1/alertmanager"
LARGEST = 8 * 1024 * 1024
"""Bytes: some thousand alerts. A larger group is cut with `max_alerts`, and the rest found by asking Alertmanager."""
_MOST_ALERTS, _MOST_LABELS = 10_000, 64
_NAME, _VALUE, _ANNOTATION, _SAID = 200, 1_000, 8_000, 5
_log = structlog.get_logger("observatory.alertmanager")

router = APIRouter(prefix=PATH, tags=["alertmanager"])

Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,32}$")]


class _Alert(BaseModel):
    status: Literal["firing", "resolved"]
    fingerprint: Fingerprint
    labels: dict[str, str] = Field(min_length=1)
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime | None = Field(None, alias="endsAt")
    generator_url: str | None = Field(None, alias="generatorURL")

    def report(self) -> Report:
        """What it says; whatever others wrote is cut to a size that we keep, and that every database takes."""
        firing = self.status == "firing"
        alert = Alert(
            fingerprint=self.fingerprint,
            starts_at=self.starts_at,
            labels=_kept(self.labels, _VALUE),
            annotations=_kept(self.annotations, _ANNOTATION),
            generator_url=_storable(self.generator_url, _ANNOTATION) if self.generator_url else None,
        )
        return Report(alert, firing, None if firing else self.ends_at or self.starts_at)


class Webhook(BaseModel):
    """As much of the payload as matters to us; what newer versions add is passed over."""

    version: Literal["4"]
    alerts: list[Any] = Field(max_length=_MOST_ALERTS)
    """Each is read by itself."""
    truncated_alerts: int = Field(0, alias="truncatedAlerts", ge=0)
    external_url: str = Field("", alias="externalURL")


class HeardShape(Shape):
    """What came of it."""

    alerts: int
    news: int
    """How many changed what we know."""
    passed_over: int
    """Ours in the first place, or no word to people."""
    unreadable: list[str]
    """What is wrong with alerts that could not be read; the first few."""


@router.post(
    "",
    response_model=HeardShape,
    responses={status: {"model": Problem} for status in (413, 422, 503)},
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": Webhook.model_json_schema()}}}},
)
async def webhook(request: Request, allowed: Allowed) -> Response:
    """Store what fires and what is over; incidents are made of it within seconds."""
    body = await bounded(request, LARGEST)
    if body is None:
        return problem(
            413, f"A webhook has at most {LARGEST} bytes: set max_alerts in Alertmanager's receiver."
        )
    if allowed.receive is None:
        raise NotFound("Alerts of others are not kept here.")
    try:
        said = Webhook.model_validate_json(body)
    except ValidationError as error:
        return problem(422, f"This is no webhook of Alertmanager, version 4: {_first(error)}")
    heard = await run_in_threadpool(_hear, said, allowed.receive)
    return JSONResponse(heard.model_dump())


def _hear(said: Webhook, receive: Receive) -> HeardShape:
    reports, unreadable = _read(said.alerts)
    if said.truncated_alerts:
        _log.warning("alerts_cut_off", count=said.truncated_alerts, alertmanager=said.external_url)
    for wrong in unreadable[:_SAID]:
        _log.error("alert_unreadable", alertmanager=said.external_url, error=wrong)
    heard = receive(reports)
    return HeardShape(
        alerts=len(said.alerts), news=heard.news, passed_over=heard.ours, unreadable=unreadable[:_SAID]
    )


def _read(alerts: Sequence[object]) -> tuple[list[Report], list[str]]:
    reports: list[Report] = []
    unreadable: list[str] = []
    for number, alert in enumerate(alerts):
        try:
            reports.append(_Alert.model_validate(alert).report())
        except ValidationError as error:
            unreadable.append(f"alerts[{number}]: {_first(error)}")
    return reports, unreadable


def _first(error: ValidationError) -> str:
    one = error.errors()[0]
    where = ".".join(str(part) for part in one["loc"])
    return f"{where}: {one['msg']}" if where else one["msg"]


def _kept(pairs: Mapping[str, str], longest: int) -> dict[str, str]:
    first = islice(sorted(pairs.items()), _MOST_LABELS)
    return {_storable(name, _NAME): _storable(value, longest) for name, value in first}


def _storable(text: str, longest: int) -> str:
    """PostgreSQL keeps neither NUL nor half a character."""
    return text[:longest].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
