"""A real Alertmanager on free loopback ports, and amtool's word on configurations."""

import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2

from observatory.adapters.files import CatalogFolder
from observatory.catalog import parse_catalog
from observatory.outputs.alertmanager import Surroundings, alertmanager_files
from observatory.sandbox import slack

ROOT = Path(__file__).parents[2]
LISTENING = 'msg="Listening on"'
ATTEMPTS = 3


@dataclass
class Alertmanager:
    """One that runs."""

    url: str
    process: subprocess.Popen[str]

    def alerts(self) -> list[dict[str, Any]]:
        """What it holds."""
        return httpx2.get(f"{self.url}/api/v2/alerts").raise_for_status().json()

    def send(self, *alerts: Mapping[str, Any]) -> None:
        """Alerts as Prometheus sends them."""
        httpx2.post(f"{self.url}/api/v2/alerts", json=list(alerts)).raise_for_status()

    def silence(self, labels: Mapping[str, str], *, starts: str, ends: str) -> str:
        """Silence what has these labels; the id of the silence."""
        matchers = [{"name": name, "value": value, "isRegex": False} for name, value in labels.items()]
        body = {
            "matchers": matchers,
            "startsAt": starts,
            "endsAt": ends,
            "createdBy": "ada",
            "comment": "deploying",
        }
        return httpx2.post(f"{self.url}/api/v2/silences", json=body).raise_for_status().json()["silenceID"]


@contextmanager
def alertmanager(folder: Path, config: str, *, flags: Sequence[str] = ()) -> Iterator[Alertmanager]:
    """Run Alertmanager over `folder`; its files may be named relative to it in the configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(config)
    for attempt in range(ATTEMPTS):
        running = start(folder, free_port(), flags=flags)
        if running.process.poll() is None:
            break
        if attempt == ATTEMPTS - 1:
            raise RuntimeError("Alertmanager did not start: amtool check-config may say why")
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait(timeout=20)


def start(folder: Path, port: int, *, flags: Sequence[str] = ()) -> Alertmanager:
    """Start it over `folder`/alertmanager.yml; returns when it serves, or has ended."""
    process = subprocess.Popen(
        [
            "prometheus-alertmanager",
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            *flags,
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    for line in process.stderr:
        if LISTENING in line:
            Thread(target=_drain, args=(process,), daemon=True).start()
            return Alertmanager(f"http://127.0.0.1:{port}", process)
    process.wait(timeout=20)
    process.stderr.close()
    return Alertmanager(f"http://127.0.0.1:{port}", process)


def _drain(process: subprocess.Popen[str]) -> None:
    with process.stderr:
        for _ in process.stderr:
            pass


def generated(folder: Path, chat: slack.Running) -> str:
    """The example organisation's configuration with its secrets beside it; it looks at its groups once a second."""
    catalog = parse_catalog(CatalogFolder(ROOT / "catalog").read()).valid()
    folder.mkdir()
    (folder / "slack_url").write_text(f"{chat.api_url}chat.postMessage\n")
    (folder / "slack_token").write_text("xoxb-development")
    (folder / "observatory_token").write_text("nobody listens")
    for name, text in alertmanager_files(catalog, Surroundings(folder=str(folder))).items():
        (folder / name).write_text(text)
    return (folder / "alertmanager.yml").read_text().replace("group_interval: 1m", "group_interval: 1s")


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check_config(path: Path) -> str:
    """What amtool says of a configuration; an error where it says no."""
    done = subprocess.run(["amtool", "check-config", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def routed(path: Path, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The receivers that amtool names for an alert with these labels."""
    written = [_argument(name, value) for name, value in labels.items()]
    done = subprocess.run(
        ["amtool", "config", "routes", "test", f"--config.file={path}", *written],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return tuple(done.stdout.strip().split(","))


def _argument(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{name}="{escaped}"'
