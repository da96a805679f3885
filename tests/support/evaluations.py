"""Window sums as the measurement stage hands them over, and evaluations of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from support.catalogs import a_service, a_squad, an_slo

from observatory.catalog import Calendar, ServiceSlo
from observatory.evaluation import Evaluation, Provenance, SloStatus, evaluate, windows_for
from observatory.measurement import FIELDS

AT = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
MINUTE = 60.0


@dataclass(frozen=True)
class Sums:
    """What one window holds of one SLO; measured throughout unless `measured` and `idle` (seconds) say otherwise."""

    bad: float = 0.0
    total: float = 0.0
    measured: float | None = None
    idle: float = 0.0
    bad_ticks: float | None = None
    """Unless given, every bad event fell into a minute of its own, as far as there are minutes."""
    clumping: float = 0.0

    def row(self, length: timedelta) -> dict[str, float]:
        seconds = length.total_seconds()
        row = {
            "bad": self.bad,
            "total": self.total,
            "measured": seconds - self.idle if self.measured is None else self.measured,
            "idle": self.idle,
            "bad_ticks": min(self.bad, seconds // MINUTE) if self.bad_ticks is None else self.bad_ticks,
            "clumping": self.clumping,
        }
        assert tuple(row) == FIELDS
        return row


UNSEEN = Sums(measured=0.0)


def entry(name: str = "playlist", **slo: Any) -> ServiceSlo:
    """An SLO `name/availability` of 99.9 % over 30 days, unless told otherwise."""
    promise = an_slo(**slo)
    return ServiceSlo(a_squad(), a_service(name, slos=(promise,)), promise)


def sums_of(
    entries: Sequence[ServiceSlo],
    counted: Mapping[str, Mapping[str, Sums]],
    *,
    at: datetime = AT,
    **everywhere: Any,
) -> pd.DataFrame:
    """The table of sums: by SLO id and window label; `everywhere` is what windows hold that are not named."""
    windows = windows_for(entries)
    rows = {
        one.column: {
            (label, field): value
            for label, window in windows.items()
            for field, value in counted.get(one.id, {})
            .get(label, Sums(**everywhere))
            .row(elapsed(window, at))
            .items()
        }
        for one in entries
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=pd.MultiIndex.from_product([windows, FIELDS]))


def steady(length: timedelta, *, per_minute: float, bad: float = 0.0) -> Sums:
    """Even traffic of which the ratio `bad` fails, over the whole window."""
    total = per_minute * length.total_seconds() / MINUTE
    return Sums(bad=total * bad, total=total)


def windows_of(
    one: ServiceSlo, *, per_minute: float = 100.0, bad: float = 0.0, at: datetime = AT
) -> dict[str, Sums]:
    """Every window of this SLO filled with even traffic; what a calendar window holds at `at`."""
    return {
        label: steady(elapsed(window, at), per_minute=per_minute, bad=bad)
        for label, window in windows_for([one]).items()
    }


def elapsed(window: timedelta | Calendar, at: datetime = AT) -> timedelta:
    """How much of a window is over."""
    return at - window.period(at).starts if isinstance(window, Calendar) else window


def evaluation_of(
    one: ServiceSlo,
    windows: Mapping[str, Sums] | None = None,
    *,
    at: datetime = AT,
    dispersion: float = 1.0,
    **provenance: Any,
) -> Evaluation:
    """One SLO evaluated; even, flawless traffic in the windows that are not named."""
    filled = windows_of(one, at=at) | dict(windows or {})
    return evaluate(
        [one],
        sums_of([one], {one.id: filled}, at=at),
        Provenance(**({"at": at, "now": at + timedelta(seconds=30)} | provenance)),
        dispersion=pd.Series({one.column: dispersion}),
    )


def judged(
    one: ServiceSlo,
    *firing: str,
    clear: bool | None = True,
    remaining: float | None = 0.8,
    at: datetime = AT,
    **overrides: Any,
) -> SloStatus:
    """A status of which these tiers fire; the short windows of the others are as `clear` says."""
    status = evaluation_of(one, at=at).status(one.id)
    tiers = tuple(
        replace(tier, firing=tier.name in firing, clear=False if tier.name in firing else clear)
        for tier in status.tiers
    )
    return replace(status, **({"tiers": tiers, "remaining": remaining} | overrides))
