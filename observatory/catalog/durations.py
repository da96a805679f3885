"""Durations as Prometheus and people write them: `5m`, `1h`, `30d`."""

from datetime import timedelta

_UNITS = (
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("m", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
    ("ms", timedelta(milliseconds=1)),
)


def duration_text(duration: timedelta) -> str:
    """The one way a duration is written: in the largest unit that divides it (1d, not 24h; 36h, not 1d12h)."""
    for unit, length in _UNITS:
        if duration and duration % length == timedelta(0):
            return f"{duration // length}{unit}"
    return f"{duration / timedelta(milliseconds=1):g}ms"
