"""The servers that squads keep their metrics in, each of which has to give the same numbers."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from support.prometheus import Series, prometheus, write_past
from support.victoria_metrics import victoria_metrics

PROMETHEUS, VICTORIA_METRICS = "prometheus", "victoria-metrics"
SERVERS = (PROMETHEUS, VICTORIA_METRICS)


@contextmanager
def serving(
    server: str,
    folder: Path,
    past: Iterable[Series] = (),
    *,
    targets: Mapping[str, str] | None = None,
    interval: str = "1s",
) -> Iterator[str]:
    """Run one of `SERVERS` over `folder`, with a past or with targets to scrape, and give its URL."""
    if server == VICTORIA_METRICS:
        with victoria_metrics(folder, past=past, targets=targets, interval=interval) as url:
            yield url
        return
    write_past(folder / "data", past)
    with prometheus(folder, targets=targets, interval=interval) as url:
        yield url
