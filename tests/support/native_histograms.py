"""Native histograms for a real Prometheus: remote write is the one way to give it some that needs no scrape.

The messages are those of https://prometheus.io/docs/specs/prw/remote_write_spec/, by hand: there are two of them.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2

import cramjam
import requests

FLAGS = ("--web.enable-remote-write-receiver", "--enable-feature=native-histograms")
SCHEMA = 2
"""Four buckets for each doubling: bucket i ends at 2^(i/4)."""
(STALE,) = struct.unpack("<d", bytes.fromhex("020000000000f07f"))
"""The sum of what Prometheus writes when a target is gone."""


@dataclass
class Histogram:
    """What one process has observed so far, in seconds."""

    counts: dict[int, int]
    total: float = 0
    schema: int = SCHEMA

    def observe(self, seconds: float) -> None:
        """Count an event."""
        index = ceil(log2(seconds) * 2**self.schema)
        self.counts[index] = self.counts.get(index, 0) + 1
        self.total += seconds

    def widen(self) -> None:
        """Make each two buckets one, as clients do when they have too many."""
        merged: dict[int, int] = {}
        for index, count in self.counts.items():
            merged[-(-index // 2)] = merged.get(-(-index // 2), 0) + count
        self.counts, self.schema = merged, self.schema - 1


def bound(index: int) -> float:
    """The upper bound of a bucket, seconds."""
    return float(2 ** (index / 2**SCHEMA))


@dataclass(frozen=True)
class Sample:
    """What a series was at a moment (Unix seconds): a native histogram, or a counter's value."""

    labels: Mapping[str, str]
    at: int
    value: Histogram | float


def write(url: str, labels: Mapping[str, str], at: int, histogram: Histogram) -> None:
    """Let Prometheus have a sample of the histogram."""
    write_all(url, [Sample(labels, at, histogram)])


def write_all(url: str, samples: Iterable[Sample]) -> None:
    """Let Prometheus have these samples at once; those of a series ascend in time, and none is an hour older than another."""
    by_series: dict[tuple[tuple[str, str], ...], list[Sample]] = {}
    for sample in samples:
        by_series.setdefault(tuple(sorted(sample.labels.items())), []).append(sample)
    body = b"".join(_field(1, _series(labels, of)) for labels, of in by_series.items())
    headers = {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }
    answer = requests.post(
        f"{url}/api/v1/write", bytes(cramjam.snappy.compress_raw(body)), headers=headers, timeout=30
    )
    answer.raise_for_status()


def _series(labels: Iterable[tuple[str, str]], samples: Iterable[Sample]) -> bytes:
    names = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in labels
    )
    return names + b"".join(map(_sample, samples))


def _sample(sample: Sample) -> bytes:
    if isinstance(sample.value, Histogram):
        return _field(4, _encoded(sample.value, sample.at))
    return _field(2, b"\x09" + struct.pack("<d", sample.value) + _number(2, sample.at * 1000))


def _encoded(histogram: Histogram, at: int) -> bytes:
    indices = sorted(histogram.counts)
    spans = b"".join(
        _field(11, _number(1, _zigzag(offset)) + _number(2, length)) for offset, length in _spans(indices)
    )
    counts = [histogram.counts[index] for index in indices]
    deltas = b"".join(_varint(_zigzag(b - a)) for a, b in zip([0, *counts], counts, strict=False))
    return (
        _number(1, sum(counts))
        + b"\x19"
        + struct.pack("<d", histogram.total)
        + _number(4, _zigzag(histogram.schema))
        + b"\x29"
        + struct.pack("<d", 1e-128)
        + _number(6, 0)
        + spans
        + (_field(12, deltas) if counts else b"")
        + _number(15, at * 1000)
    )


def _spans(indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(gap to the span before, buckets in a row); the first gap is the first index."""
    at = 0
    for start in (index for index in indices if index - 1 not in indices):
        length = next(n for n in range(1, len(indices) + 1) if start + n not in indices)
        yield start - at, length
        at = start + length


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content
