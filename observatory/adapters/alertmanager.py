"""One Alertmanager, by the second version of its API."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar
from weakref import finalize

import httpx2
from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from observatory.alerting import Silence
from observatory.alerting.reports import Alert, Report
from observatory.application.ports import Held, Pushed
from observatory.errors import DefinitionError, Refused, Unavailable

_LIMIT = timedelta(seconds=10)
_SAID = 300
_Read = TypeVar("_Read")

Text = Annotated[str, BeforeValidator(lambda value: value or "")]


class _Status(BaseModel):
    state: str = "active"
    silenced_by: list[str] = Field(default_factory=list, alias="silencedBy")
    inhibited_by: list[str] = Field(default_factory=list, alias="inhibitedBy")


class _Receiver(BaseModel):
    name: str


class _Alert(BaseModel):
    fingerprint: str
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: datetime = Field(alias="startsAt")
    generator_url: Text = Field("", alias="generatorURL")
    receivers: list[_Receiver] = Field(default_factory=list)
    status: _Status = Field(default_factory=_Status)


class _Silence(BaseModel):
    id: str
    starts_at: datetime = Field(alias="startsAt")
    ends_at: datetime = Field(alias="endsAt")
    created_by: str = Field("", alias="createdBy")
    comment: str = ""


_ALERTS, _SILENCES = TypeAdapter(list[_Alert]), TypeAdapter(list[_Silence])


class HttpAlertmanager:
    """`Alertmanager` over HTTP."""

    def __init__(self, url: str, *, timeout: timedelta = _LIMIT) -> None:
        """Check the address; nothing is sent yet.

        Raises:
            DefinitionError: it is none.
        """
        try:
            address = httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise DefinitionError(f"{url!r} is no address of an Alertmanager: {error}") from error
        if address.scheme not in ("http", "https") or not address.host:
            raise DefinitionError(
                f"{url!r} is no address of an Alertmanager; write it like http://alertmanager:9093"
            )
        self._client = httpx2.Client(base_url=address, timeout=timeout.total_seconds())
        self._name = str(address.copy_with(username=None, password=None))
        finalize(self, self._client.close)

    @property
    def name(self) -> str:
        """Its address, without a password."""
        return self._name

    def alerts(self) -> Sequence[Held]:
        """All that it holds; a second question for silences only where one covers an alert."""
        alerts = self._read("/api/v2/alerts", _ALERTS.validate_json)
        silences: Mapping[str, _Silence] = {}
        if any(alert.status.silenced_by for alert in alerts):
            silences = {one.id: one for one in self._read("/api/v2/silences", _SILENCES.validate_json)}
        return [_held(alert, silences) for alert in alerts]

    def push(self, alerts: Sequence[Pushed]) -> None:
        """Send alerts."""
        self._send("POST", "/api/v2/alerts", json=[_written(alert) for alert in alerts])

    def _read(self, path: str, parse: Callable[[bytes], _Read]) -> _Read:
        response = self._send("GET", path)
        try:
            return parse(response.content)
        except ValidationError as error:
            raise Unavailable(
                f"Alertmanager at {self._name} answered {path} with something else than expected:"
                f" is this the address of an Alertmanager? ({error.errors()[0]['msg']})"
            ) from error

    def _send(self, method: str, path: str, **body: Any) -> httpx2.Response:
        try:
            response = self._client.request(method, path, **body)
        except httpx2.TransportError as error:
            why = str(error) or type(error).__name__
            raise Unavailable(f"Alertmanager at {self._name} can't be reached: {why}") from error
        if response.is_success:
            return response
        said = " ".join(response.text.split())[:_SAID]
        what = f"Alertmanager at {self._name} answered {method} {path} with {response.status_code} ({said})"
        if response.is_server_error:
            raise Unavailable(what)
        raise Refused(what, code=str(response.status_code))


def _held(alert: _Alert, silences: Mapping[str, _Silence]) -> Held:
    covering = [silences[one] for one in alert.status.silenced_by if one in silences]
    longest = max(covering, key=lambda one: one.ends_at, default=None)
    fires = Alert(
        fingerprint=alert.fingerprint,
        starts_at=alert.starts_at,
        labels=alert.labels,
        annotations=alert.annotations,
        generator_url=alert.generator_url or None,
    )
    return Held(
        Report(fires, firing=True, silence=None if longest is None else _silence(longest)),
        receivers=frozenset(receiver.name for receiver in alert.receivers),
        inhibited_by=frozenset(alert.status.inhibited_by),
    )


def _silence(silence: _Silence) -> Silence:
    """As one of ours. It covers this alert: Alertmanager has matched it already."""
    author = silence.created_by or "somebody"
    return Silence(
        id=silence.id,
        matchers=(),
        owner=author,
        reason=f"{silence.comment or 'no reason given'} (in Alertmanager)",
        starts_at=silence.starts_at,
        ends_at=silence.ends_at,
        created_by=author,
    )


def _written(alert: Pushed) -> dict[str, Any]:
    """What Alertmanager's schema can't take would cost the whole batch: it is left out here."""
    written: dict[str, Any] = {
        "labels": _storable(alert.labels.items()),
        "annotations": _storable(alert.annotations.items()),
        "startsAt": _rfc3339(alert.starts_at),
        "endsAt": _rfc3339(alert.ends_at),
    }
    if alert.generator_url and _is_uri(alert.generator_url):
        written["generatorURL"] = alert.generator_url
    return written


def _storable(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Without empty values, which stand for no label, and without halves of characters."""
    return {name: value.encode("utf-8", "replace").decode() for name, value in pairs if value}


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_uri(text: str) -> bool:
    try:
        address = httpx2.URL(text)
    except httpx2.InvalidURL:
        return False
    return address.scheme in ("http", "https") and bool(address.host)
