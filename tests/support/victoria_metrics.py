"""A real VictoriaMetrics on a free loopback port: with targets to scrape, or with a past written into it."""

import json
import re
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import requests
from support.prometheus import Series, scraping

_EXACT = ("-search.latencyOffset=0s", "-search.disableCache")
"""By default it hides the newest 30 seconds, and remembers the answers of before the past was written."""


@contextmanager
def victoria_metrics(
    folder: Path,
    *,
    past: Iterable[Series] = (),
    targets: Mapping[str, str] | None = None,
    interval: str = "1s",
    flags: Sequence[str] = (),
) -> Iterator[str]:
    """Run VictoriaMetrics over `folder` and give its URL.

    Args:
        folder: for the configuration and the storage.
        past: what it is to remember.
        targets: job to the host:port it is scraped from, every `interval`.
        flags: more command line flags.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "scrape.yml"
    config.write_text(scraping(targets or {}, interval))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "victoria-metrics",
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        f"-promscrape.config={config}",
        *_EXACT,
        *flags,
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _until_ready(process, url)
        _remember(url, past)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    """Its log says that it starts to listen, and nothing when it does."""
    until = monotonic() + 20
    while process.poll() is None and monotonic() < until:
        with suppress(requests.ConnectionError):
            requests.get(f"{url}/health", timeout=5).raise_for_status()
            return
    raise RuntimeError(f"VictoriaMetrics did not start (exit code {process.poll()})")


def _remember(url: str, past: Iterable[Series]) -> None:
    """Import series as JSON lines, and wait until they can be read."""
    lines = []
    for one in past:
        labels = {"__name__": one.metric} | _labels(one.labels)
        points = [
            (time, value) for time, value in zip(one.times, one.values, strict=True) if value is not None
        ]
        times = [int(time) * 1000 for time, _ in points]
        lines.append(
            json.dumps(
                {"metric": labels, "values": [float(value) for _, value in points], "timestamps": times}
            )
        )
    if lines:
        requests.post(f"{url}/api/v1/import", data="\n".join(lines), timeout=60).raise_for_status()
    requests.get(f"{url}/internal/force_flush", timeout=60).raise_for_status()


def _labels(text: str) -> Mapping[str, str]:
    """`a="b",c="d"` as a mapping; in PromQL, quotation marks are escaped as in JSON."""
    return {name: json.loads(value) for name, value in re.findall(r'(\w+)=("(?:[^"\\]|\\.)*")', text)}
