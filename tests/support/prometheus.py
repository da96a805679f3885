"""A real Prometheus on a free loopback port: with targets to scrape, or with a past written into it."""

import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from typing import Self
from urllib.parse import urlsplit

from support.rules import write_files

READY = "Server is ready to receive web requests"
ATTEMPTS = 3


@dataclass
class Series:
    """One series to write into the past: `labels` as in PromQL, without braces; a value for each time.

    A second in which `values` holds None has no sample.
    """

    metric: str
    labels: str
    times: Sequence[int]
    values: Sequence[float | None]


def write_past(data: Path, series: Iterable[Series]) -> None:
    """Write counters into the storage folder `data` of a Prometheus that is not running yet."""
    data.mkdir(parents=True, exist_ok=True)
    text = data / "past.om"
    with text.open("w") as file:
        metric = None
        for one in sorted(series, key=lambda one: one.metric):
            if one.metric != metric:
                metric = one.metric
                file.write(f"# TYPE {metric} unknown\n")
            for time, value in zip(one.times, one.values, strict=True):
                if value is not None:
                    file.write(f"{metric}{{{one.labels}}} {value:.17g} {time}\n")
        file.write("# EOF\n")
    # promtool reads the whole text once for each block: of the usual 2 h there would be 360 in 30 days.
    create = [
        "promtool",
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--max-block-duration=1000h",
        "--quiet",
    ]
    subprocess.run(
        [*create, str(text), str(data)],
        check=True,
        capture_output=True,
        text=True,
    )
    text.unlink()


@contextmanager
def prometheus(
    folder: Path,
    *,
    targets: Mapping[str, str] | None = None,
    interval: str = "1s",
    config: str | None = None,
    flags: Sequence[str] = (),
) -> Iterator[str]:
    """Run Prometheus over `folder`/data and give its URL.

    Args:
        folder: for the configuration and the storage (`write_past(folder / "data", …)` before, for a past).
        targets: job to the host:port it is scraped from, every `interval`.
        config: the whole configuration file instead of `targets`.
        flags: more command line flags.
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(config or scraping(targets or {}, interval))
    for attempt in range(ATTEMPTS):
        port = _free_port()
        process = _start(folder, port, flags)
        log = _until_ready(process)
        if process.poll() is None:
            break
        if "address already in use" not in log or attempt == ATTEMPTS - 1:
            raise RuntimeError(f"Prometheus did not start:\n{log}")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def evaluating(
    folder: Path,
    *,
    rules: Mapping[str, str],
    targets: Mapping[str, str],
    every: str,
    alertmanager: str = "http://127.0.0.1:9",
) -> Iterator[str]:
    """As `prometheus`, scraping every second; besides, it evaluates files of rules and tells an Alertmanager."""
    files = [str(file) for file in write_files(folder / "rules", rules)]
    address = urlsplit(alertmanager).netloc
    clock = scraping(targets, "1s").replace("global:\n", f"global:\n  evaluation_interval: {every}\n")
    told = f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{address}']}}]}}]}}\n"
    with prometheus(folder, config=f"{clock}rule_files: {files}\n{told}") as url:
        yield url


@dataclass
class Target:
    """A thing to scrape on a free loopback port. `text` is its exposition; None answers 503."""

    text: str | None = ""
    address: str = field(default="", init=False)

    def __enter__(self) -> Self:
        target = self
        self._scrapes = 0
        self._scraped = Condition()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = (target.text or "").encode()
                self.send_response(503 if target.text is None else 200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                with target._scraped:
                    target._scrapes += 1
                    target._scraped.notify_all()

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def show(self, text: str | None, *, scrapes: int = 2) -> None:
        """Change the exposition, and wait until it has been scraped this often."""
        with self._scraped:
            self.text = text
            enough = self._scrapes + scrapes
            if not self._scraped.wait_for(lambda: self._scrapes >= enough, timeout=30):
                raise TimeoutError(f"{self.address} was not scraped {scrapes} times within 30 s")

    def stop(self) -> None:
        """Die: connections are refused from now on."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __exit__(self, *exception) -> None:
        if self._thread.is_alive():
            self.stop()


def scraping(targets: Mapping[str, str], interval: str) -> str:
    lines = ["global:", f"  scrape_interval: {interval}", f"  scrape_timeout: {interval}", "scrape_configs:"]
    for job, address in targets.items():
        lines += [f"- job_name: {job}", "  static_configs:", f"  - targets: ['{address}']"]
    return "\n".join(lines if targets else lines[:-1]) + "\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _start(folder: Path, port: int, flags: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-lifecycle",
            *flags,
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def _until_ready(process: subprocess.Popen[str]) -> str:
    """Read the log until Prometheus is ready or has ended; then let the rest of it flow away."""
    log = ""
    for line in process.stderr:
        log += line
        if READY in line:
            Thread(target=_drain, args=(process,), daemon=True).start()
            return log
    process.wait(timeout=20)
    process.stderr.close()
    return log


def _drain(process: subprocess.Popen[str]) -> None:
    with process.stderr:
        for _ in process.stderr:
            pass
