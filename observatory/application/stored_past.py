"""The hours that a service has kept of a past, and five minutes where something begins or ends within one of them."""

from collections.abc import Iterable, Iterator

import numpy as np

from observatory.application.ports import HistoryStore
from observatory.application.steps import FIVE_MINUTES, HOUR
from observatory.evaluation.exclusions import Reach
from observatory.measurement import Buckets, covered, rows, without


def edges(spans: Iterable[Reach]) -> frozenset[int]:
    """The ends of the hours within which one of these begins or ends, Unix seconds."""
    moments = {moment for span in spans for moment in span}
    return frozenset(-(-moment // HOUR) * HOUR for moment in moments if moment % HOUR)


def stored_hours(
    store: HistoryStore, columns: frozenset[str], *, after: int, until: int, cut: frozenset[int]
) -> Iterator[Buckets]:
    """What the store has of these columns, by the hour.

    Args:
        store: of a service.
        columns: of its history.
        after: Unix seconds.
        until: Unix seconds.
        cut: ends of hours to be had by five minutes, of whom the store has all of them.

    Raises:
        Unavailable: the store can't be reached.
    """
    hours = store.load(seconds=HOUR, after=after, until=until)
    if hours is None:
        return
    hours = without(hours, set(hours.slos) - columns)
    for end in hours.ends[np.isin(hours.ends, [*cut])].tolist():
        yield from _by_five_minutes(store, rows(hours, hours.ends == end), end)
    yield rows(hours, ~np.isin(hours.ends, [*cut]))


def _by_five_minutes(store: HistoryStore, hour: Buckets, end: int) -> Iterator[Buckets]:
    """The hour of those whose five minutes are not all known; of the others these."""
    fine = store.load(seconds=FIVE_MINUTES, after=end - HOUR, until=end)
    if fine is None:
        yield hour
        return
    seen = dict(zip(fine.slos, covered(fine).sum(axis=0).tolist(), strict=True))
    whole = {
        slo
        for slo, seconds in zip(hour.slos, covered(hour)[0].tolist(), strict=True)
        if seen.get(slo) == seconds
    }
    yield without(fine, set(fine.slos) - whole)
    yield without(hour, whole)
