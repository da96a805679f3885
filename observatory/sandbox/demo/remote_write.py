"""Prometheus remote write 1.0: a table of samples becomes snappy-compressed protobuf and is posted.

The messages are those of https://prometheus.io/docs/specs/prw/remote_write_spec/. The protobuf library encodes
the request and the labels. Samples are not objects of it: a demo's month has 13 million of them (measured: 6.9 s
against 0.7 s). Every sample of our time has the same size on the wire, so one numpy record is one sample.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cramjam
import httpx2
import numpy as np
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from numpy.typing import NDArray

from observatory.errors import Refused, Unavailable

STALE = np.array([0x7FF0000000000002], dtype=np.uint64).view(np.float64)[0]
"""The NaN that says "this series has ended", bit for bit (prometheus/model/value)."""

_SAMPLE = np.dtype(
    [
        ("samples", "u1"),  # field 2 of TimeSeries, length-delimited
        ("length", "u1"),
        ("value", "u1"),  # field 1 of Sample, 64 bits
        ("value_bits", "<f8"),
        ("timestamp", "u1"),  # field 2 of Sample, varint
        ("timestamp_varint", "u1", 6),
    ]
)
_VARINT_BYTES = 6
_HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


@dataclass(frozen=True, slots=True)
class Series:
    """One series over the moments of its table; NaN where it has no sample."""

    labels: Mapping[str, str]
    values: NDArray[np.float64]


def with_ends(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A copy where the first missing sample after a present one is a staleness marker, as a scrape would write."""
    missing = np.isnan(values)
    ended = missing[1:] & ~missing[:-1]
    marked = values.copy()
    marked[1:][ended] = STALE
    return marked


def encode(series: list[Series], times: NDArray[np.int64]) -> bytes:
    """One remote-write request, uncompressed; `times` in milliseconds since the epoch, from 1972 to 2109."""
    record = np.zeros(len(times), _SAMPLE)
    record["samples"], record["length"] = 0x12, _SAMPLE.itemsize - 2
    record["value"], record["timestamp"] = 0x09, 0x10
    record["timestamp_varint"] = _varints(times)
    messages = []
    for one in series:
        present = ~np.isnan(one.values) | (one.values.view(np.uint64) == STALE.view(np.uint64))
        record["value_bits"] = one.values
        if present.any():
            messages.append(_labels(one.labels) + record[present].tobytes())
    return bytes(_WRITE_REQUEST(timeseries=messages).SerializeToString())


def write(client: httpx2.Client, series: list[Series], times: NDArray[np.int64]) -> None:
    """Post one request to a Prometheus that was started with `--web.enable-remote-write-receiver`.

    Raises:
        Unavailable: it could not be reached, or failed.
        Refused: it will not have these samples, with its own words.
    """
    body = bytes(cramjam.snappy.compress_raw(encode(series, times)))
    try:
        answer = client.post("/api/v1/write", content=body, headers=_HEADERS)
    except httpx2.TransportError as error:
        raise Unavailable(f"remote write to {client.base_url}: {error}") from error
    if answer.is_server_error:
        raise Unavailable(f"remote write to {client.base_url}: {answer.status_code} {answer.text.strip()}")
    if not answer.is_success:
        raise Refused(
            f"remote write to {client.base_url}: {answer.text.strip()}", code=str(answer.status_code)
        )


def _varints(times: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Base-128 varints, least significant group first: milliseconds of our time have 36 to 42 bits, so six groups."""
    groups = times[:, np.newaxis] >> (7 * np.arange(_VARINT_BYTES)) & 0x7F
    groups[:, :-1] |= 0x80
    return groups.astype(np.uint8)


def _labels(labels: Mapping[str, str]) -> bytes:
    pairs = [_LABEL(name=name, value=value) for name, value in sorted(labels.items())]
    return bytes(_TIME_SERIES(labels=pairs).SerializeToString())


def _messages() -> tuple[Any, Any, Any]:  # Any: protobuf makes these classes at run time
    """Label, TimeSeries (its labels; the samples are appended) and WriteRequest (its series as bytes)."""
    text, many = FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.LABEL_REPEATED
    file = FileDescriptorProto(name="remote_write.proto", package="prometheus", syntax="proto3")
    label = file.message_type.add(name="Label")
    label.field.add(name="name", number=1, type=text, label=FieldDescriptorProto.LABEL_OPTIONAL)
    label.field.add(name="value", number=2, type=text, label=FieldDescriptorProto.LABEL_OPTIONAL)
    series = file.message_type.add(name="TimeSeries")
    series.field.add(
        name="labels",
        number=1,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        label=many,
        type_name=".prometheus.Label",
    )
    request = file.message_type.add(name="WriteRequest")
    request.field.add(name="timeseries", number=1, type=FieldDescriptorProto.TYPE_BYTES, label=many)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    names = ("Label", "TimeSeries", "WriteRequest")
    label_class, series_class, request_class = (
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"prometheus.{name}")) for name in names
    )
    return label_class, series_class, request_class


_LABEL, _TIME_SERIES, _WRITE_REQUEST = _messages()
