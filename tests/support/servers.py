"""The servers that squads keep their metrics in, each of which has to give the same numbers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from support.prometheus import Series, prometheus, write_past
from support.victoria_metrics import victoria_metrics

PROMETHEUS, VICTORIA_METRICS = "prometheus", "victoria-metrics"
SERVERS = (PROMETHEUS, VICTORIA_METRICS)
_T = TypeVar("_T")


@contextmanager
def serving(
    server: str,
    folder: Path,
    past: Iterable[Series] = (),
    *,
    targets: Mapping[str, str] | None = None,
    interval: str = "1s",
    flags: Sequence[str] = (),
) -> Iterator[str]:
    """Run one of `SERVERS` over `folder`, with a past or with targets to scrape, and give its URL.

    `flags` are more words of its command line, in which each has its own.
    """
    if server == VICTORIA_METRICS:
        with victoria_metrics(folder, past=past, targets=targets, interval=interval, flags=flags) as url:
            yield url
        return
    write_past(folder / "data", past)
    with prometheus(folder, targets=targets, interval=interval, flags=flags) as url:
        yield url


def on_each(story: Callable[[str, Path], _T], folders: pytest.TempPathFactory) -> Mapping[str, _T]:
    """What `story` has to tell of each server, given it and a folder. At the same time: most of it is waiting."""
    theirs = [folders.mktemp(server) for server in SERVERS]
    with ThreadPoolExecutor() as pool:
        return dict(zip(SERVERS, pool.map(story, SERVERS, theirs), strict=True))
