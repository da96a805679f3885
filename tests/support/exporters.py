"""Exporters of stores: what they expose, from recorded texts, and Debian's postgres_exporter for real."""

import os
import re
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXPOSITIONS = Path(__file__).parents[1] / "expositions"
_GROWING = re.compile(r"([\d.]+)@$", re.MULTILINE)


def exposition(name: str, second: int) -> str:
    """A recorded text, as it would read after some seconds; a figure with an @ grows by as much each second."""
    text = (EXPOSITIONS / f"{name}.txt").read_text()
    return _GROWING.sub(lambda figure: f"{float(figure[1]) * second:.6g}", text)


@contextmanager
def postgres_exporter(dsn: str, queries: Path) -> Iterator[str]:
    """Run Debian's postgres_exporter for a database, and give the address that it is scraped at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = subprocess.Popen(
        [
            "prometheus-postgres-exporter",
            f"--web.listen-address={address}",
            f"--extend.query-path={queries}",
        ],
        env={"PATH": os.environ["PATH"], "DATA_SOURCE_NAME": dsn},  # noqa: TID251 - the child's PATH
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(f"http://{address}/metrics", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    patience = threading.Event()
    for _ in range(200):
        assert process.poll() is None, "postgres_exporter ended"
        try:
            with urllib.request.urlopen(url, timeout=10):  # noqa: S310 - ours
                return
        except (urllib.error.URLError, ConnectionError):
            patience.wait(0.1)
    raise TimeoutError("postgres_exporter does not answer")
