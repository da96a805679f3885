"""The servers that squads keep their metrics in, each of which has to give the same numbers."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from support.prometheus import Series, prometheus, scraping, write_past
from support.rules import write_files
from support.victoria_metrics import victoria_metrics, vmalert

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


@contextmanager
def evaluating(
    server: str,
    folder: Path,
    past: Iterable[Series] = (),
    *,
    rules: Mapping[str, str],
    targets: Mapping[str, str],
    every: str,
    alertmanager: str = "http://127.0.0.1:9",
) -> Iterator[str]:
    """As `serving`; besides, files of rules are evaluated: by Prometheus itself, by vmalert beside VictoriaMetrics.

    That one is too old in the distribution to know `keep_firing_for`, and goes without.
    """
    if server == VICTORIA_METRICS:
        rules = {name: re.sub(r"\n +keep_firing_for: .+", "", text) for name, text in rules.items()}
    files = write_files(folder / "rules", rules)
    if server == VICTORIA_METRICS:
        with (
            victoria_metrics(folder / "server", past=past, targets=targets) as url,
            vmalert(url, alertmanager, files, interval=every),
        ):
            yield url
        return
    write_past(folder / "server" / "data", past)
    config = scraping(targets, "1s").replace("global:\n", f"global:\n  evaluation_interval: {every}\n") + (
        f"rule_files: {[str(file) for file in files]}\n"
        f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{urlsplit(alertmanager).netloc}']}}]}}]}}\n"
    )
    with prometheus(folder / "server", config=config) as url:
        yield url


def on_each(story: Callable[[str, Path], _T], folders: pytest.TempPathFactory) -> Mapping[str, _T]:
    """What `story` has to tell of each server, given it and a folder. At the same time: most of it is waiting."""
    theirs = [folders.mktemp(server) for server in SERVERS]
    with ThreadPoolExecutor() as pool:
        return dict(zip(SERVERS, pool.map(story, SERVERS, theirs), strict=True))
