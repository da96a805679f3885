"""Values as Grafana writes them, for the units that our dashboards use, and the axes to match."""

import math

_THOUSANDS = ((1e12, "Tri"), (1e9, "Bil"), (1e6, "Mil"), (1e3, "K"))
_BYTES = ((1024.0**4, "TiB"), (1024.0**3, "GiB"), (1024.0**2, "MiB"), (1024.0, "KiB"), (1.0, "B"))
_SECONDS = (
    (31_557_600.0, "years"),
    (604_800.0, "weeks"),
    (86_400.0, "days"),
    (3_600.0, "hours"),
    (60.0, "mins"),
    (1.0, "s"),
    (1e-3, "ms"),
    (1e-6, "µs"),
)
_PER = {"reqps": " req/s", "ops": " ops/s", "cps": " c/s", "cpm": " c/m"}


def written(value: float, unit: str, decimals: int | None = None) -> str:
    """A value with its unit, as in `99.95 %` or `3.2 ms`.

    Args:
        value: Not NaN.
        unit: Grafana's id.
        decimals: As few as it takes when None.
    """
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    match unit:
        case "percentunit":
            return f"{_number(value * 100, decimals)}%"
        case "bytes" | "Bps":
            return _scaled(value, _BYTES, decimals) + ("/s" if unit == "Bps" else "")
        case "s":
            return _scaled(value, _SECONDS, decimals)
        case "dtdurations":
            return _duration(value)
        case _:
            of_its_own = unit.removeprefix("suffix:")
            return _short(value, decimals) + (of_its_own if of_its_own != unit else _PER.get(unit, ""))


def _short(value: float, decimals: int | None) -> str:
    for size, name in _THOUSANDS:
        if abs(value) >= size:
            return f"{_number(value / size, decimals or None)} {name}"
    return _number(value, decimals)


def _scaled(value: float, sizes: tuple[tuple[float, str], ...], decimals: int | None) -> str:
    for size, name in sizes:
        if abs(value) >= size:
            return f"{_number(value / size, decimals)} {name}"
    return f"{_number(value, decimals)} {'B' if sizes is _BYTES else 's'}"


def _duration(value: float) -> str:
    """The two greatest units: 3 d 04 h."""
    minutes, _ = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours:02} h"
    return f"{hours} h {minutes:02} m" if hours else f"{minutes} m"


def _number(value: float, decimals: int | None) -> str:
    """Three or four figures that tell something, unless the number of decimals is given."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    digits = 0 if value == 0 else max(0, min(4, 2 - math.floor(math.log10(abs(value)))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ticks(low: float, high: float, unit: str, *, count: int = 4) -> list[float]:
    """Round values for an axis: multiples of 1, 2 or 5, in the sizes that the unit is written in."""
    if high <= low:
        return [low]
    size = 1.0
    if unit in ("s", "bytes", "Bps"):
        sizes = _SECONDS if unit == "s" else _BYTES
        size = next((size for size, _ in sizes if high >= size), 1.0)
    rough = (high - low) / size / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough) * size
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]
