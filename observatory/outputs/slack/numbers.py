"""Numbers, spans and times as people say them. A no-break space keeps a figure and its unit on one line."""

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NBSP = "\u00a0"
UNKNOWN = "unknown"
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def percent(ratio: float) -> str:
    """A share: `42 %`, `3.1 %`, `0.042 %`; what is not nothing never reads 0."""
    value = ratio * 100
    return f"{_significant(value)}{NBSP}%"


def sli(ratio: float) -> str:
    """A ratio of good events, cut and never rounded up: 0.999996 is `99.999 %`, not 100."""
    value = math.floor(round(ratio * 100_000, 6)) / 1_000
    return f"{value:.3f}".rstrip("0").rstrip(".") + f"{NBSP}%"


def factor(burn: float) -> str:
    """A burn rate: `14.4×`, `1×`, `250×`."""
    return f"{burn:.0f}×" if burn >= 100 else f"{burn:.1f}".removesuffix(".0") + "×"  # noqa: PLR2004 - no more than three digits


def count(events: float) -> str:
    """Events: `12 345`, `2.5` (Prometheus's increase is a fraction at the edges), `13.4 M`."""
    if events >= 10_000_000:  # noqa: PLR2004 - eight digits are no longer read
        return f"{events / 1_000_000:.1f}{NBSP}M"
    if events < 10 and events != int(events):  # noqa: PLR2004 - where a fraction still matters
        return f"{events:.1f}"
    return f"{round(events):,}".replace(",", NBSP)


def span(length: timedelta) -> str:
    """A measured length in at most two units: `2 h 5 min`, `45 s`, `3 d`."""
    rest = max(0, round(length.total_seconds()))
    parts: list[str] = []
    for unit, seconds in _UNITS:
        amount, rest = divmod(rest, seconds)
        if amount or (unit == "s" and not parts):
            parts.append(f"{amount}{NBSP}{unit}")
        elif parts:
            break
        if len(parts) == 2:  # noqa: PLR2004 - the second unit already says enough
            break
    return " ".join(parts)


def window(label: str) -> str:
    """An alert window's label as people write it: `5m` is `5 min`."""
    amount, unit = label[:-1], label[-1:]
    return f"{amount}{NBSP}{'min' if unit == 'm' else unit}"


def about(length: timedelta) -> str:
    """An estimate in one unit, so that nobody takes it for more: `about 3 h`."""
    seconds = length.total_seconds()
    for unit, size in _UNITS:
        if seconds >= 1.5 * size or unit == "min":
            return f"about {max(1, round(seconds / size))}{NBSP}{unit}"
    raise AssertionError(length)


def clock_time(moment: datetime, zone: str, *, now: datetime) -> str:
    """A moment in a zone: `14:03 CET`, with the day when it isn't today's. An unknown zone gives UTC."""
    local, today = moment.astimezone(_zone(zone)), now.astimezone(_zone(zone))
    day = "" if local.date() == today.date() else f"{local:%a} {local.day} {local:%b} "
    return f"{day}{local:%H:%M %Z}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _significant(value: float) -> str:
    """Two significant digits below 10, whole numbers above."""
    if value == 0 or abs(value) >= 9.95:  # noqa: PLR2004 - from here it rounds to two digits
        return f"{value:.0f}".replace("-", "−")
    digits = max(0, 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
