"""Counters and histograms that common libraries name alike: `{preset: grpc, below: 300ms}` instead of their names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from observatory.catalog import notation
from observatory.catalog.counters import ErrorOrSlow, Events, Latency
from observatory.catalog.definition import Definition
from observatory.catalog.selectors import Matcher, Selector
from observatory.catalog.written import BadValue


@dataclass(frozen=True, slots=True)
class _Convention:
    """The names of one convention."""

    total: Selector
    """The counter of all events; with the matcher `bad`, of those that failed."""
    bad: Matcher
    histogram: Selector
    good: Matcher | None
    """Selects the histogram's events that succeeded; None: the histogram can't tell."""
    unit: Literal["s", "ms"] = "s"


def _http(
    total: str, histogram: str, status: str, *more: Matcher, unit: Literal["s", "ms"] = "s"
) -> _Convention:
    """5xx is the server's failure; 4xx is the caller's."""
    return _Convention(
        Selector(total, more),
        Matcher(status, "=~", "5.."),
        Selector(histogram, more),
        Matcher(status, "!~", "5.."),
        unit,
    )


def _otel(total: str, histogram: str, *timed: Matcher) -> _Convention:
    """OpenTelemetry's semantic conventions as its Prometheus exporters spell them: `error.type` is there on failure."""
    return _Convention(
        Selector(total),
        Matcher("error_type", "!=", ""),
        Selector(histogram, timed),
        Matcher("error_type", "=", ""),
    )


_GRPC_FAILURES = ("Unknown", "DeadlineExceeded", "Unimplemented", "Internal", "Unavailable", "DataLoss")
"""The codes that OpenTelemetry calls a server's failure; the others are the caller's."""


def _shouted(code: str) -> str:
    """As Python and Java spell it: DATA_LOSS for Go's DataLoss."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", code).upper()


_CONVENTIONS: Mapping[str, _Convention] = {
    "http": _http("http_requests_total", "http_request_duration_seconds", "code"),
    "otel": _http(
        "http_server_request_duration_seconds_count",
        "http_server_request_duration_seconds",
        "http_response_status_code",
    ),
    "istio": _http(
        "istio_requests_total",
        "istio_request_duration_milliseconds",
        "response_code",
        Matcher("reporter", "=", "destination"),
        unit="ms",
    ),
    "starlette": _http("starlette_requests_total", "starlette_request_duration_seconds", "status_code"),
    "grpc": _Convention(
        Selector("grpc_server_handled_total"),
        Matcher("grpc_code", "=~", "|".join((*_GRPC_FAILURES, *(_shouted(code) for code in _GRPC_FAILURES)))),
        Selector("grpc_server_handling_seconds"),
        good=None,
    ),
    "request_reply": _otel("rpc_server_call_duration_seconds_count", "rpc_server_call_duration_seconds"),
    "messaging": _otel("messaging_process_duration_seconds_count", "messaging_process_duration_seconds"),
    "pubsub": _otel(
        "messaging_client_sent_messages_total",
        "messaging_client_operation_duration_seconds",
        Matcher("messaging_operation_type", "=", "send"),
    ),
}
CONVENTIONAL = tuple(names.total for names in _CONVENTIONS.values())
"""What counts every event, in each convention."""


class Preset(Definition):
    """A convention's counters as `events`, or as `latency` when `below` is written, or both as `error_or_slow`."""

    preset: Annotated[
        str,
        notation.one_of(lambda: _CONVENTIONS, rule=f"presets are {', '.join(_CONVENTIONS)}", example="http"),
    ] = Field(examples=["http"])
    kind: Literal["events", "latency", "error_or_slow"] | None = None
    below: Annotated[timedelta, notation.duration("300ms")] | None = Field(None, examples=["300ms"])
    selector: Mapping[Annotated[str, notation.LABEL], Annotated[str, notation.LABEL_VALUE]] = Field(
        default_factory=dict, examples=["{handler: /search}"]
    )
    """Labels that narrow it, besides those of the service."""

    @model_validator(mode="after")
    def _bound_for_time(self) -> Self:
        if (self.kind == "events") and self.below is not None:
            raise BadValue("below needs kind latency or error_or_slow", example="latency", at=("kind",))
        if self.kind in ("latency", "error_or_slow") and self.below is None:
            raise BadValue(f"kind {self.kind} needs below", example="below: 300ms")
        return self

    @property
    def sli(self) -> Events | Latency | ErrorOrSlow:
        """What it stands for."""
        names = _CONVENTIONS[self.preset]
        more = [Matcher(label, "=", value) for label, value in self.selector.items()]
        total, histogram = names.total.where(*more), names.histogram.where(*more)
        bad = total.where(names.bad)
        if self.below is None:
            return Events(total=(total,), bad=(bad,))
        if self.kind != "error_or_slow":
            return Latency(histogram=histogram, below=self.below, unit=names.unit)
        if names.good is None:
            return ErrorOrSlow(
                total=(total,), bad=(bad,), histogram=histogram, below=self.below, unit=names.unit
            )
        succeeded = histogram.where(names.good)
        return ErrorOrSlow(total=(total,), histogram=succeeded, below=self.below, unit=names.unit)
