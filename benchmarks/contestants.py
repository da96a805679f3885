"""The two that are compared: a real Alertmanager and a real Observatory, told of the same alerts."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx2

from observatory.adapters.files import CatalogFolder
from observatory.bootstrap import system_clock
from observatory.catalog import parse_catalog
from observatory.outputs.alertmanager import Surroundings, alertmanager_files
from observatory.sandbox import slack

ROOT = Path(__file__).parent.parent
SQUAD, GROUP_INTERVAL = "playlists", "20s"
now = system_clock().now


@dataclass
class Contestant:
    """A process that turns alerts into messages."""

    folder: Path
    chat: slack.Running
    port: int
    fired: dict[str, datetime] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it serves."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), env=self.environment(), stdout=log, stderr=log)
        wait_for(self.serves, 60)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it by this signal, and wait until it has ended."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)

    def serves(self) -> bool:
        """Whether it answers."""
        return httpx2.get(f"{self.url}{self.health}").is_success

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    def fire(self, names: Sequence[str]) -> None:
        """Let alerts fire."""
        self.fired |= dict.fromkeys(names, now())
        self.send(names, ended=False)

    def end(self, names: Sequence[str]) -> None:
        """Let them end."""
        self.send(names, ended=True)
        for name in names:
            self.fired.pop(name, None)

    health: str = ""

    def command(self) -> list[str]:
        """How it is started."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """What it is told."""
        return {"PATH": os.defpath}

    def send(self, names: Sequence[str], *, ended: bool) -> None:
        """Tell it of alerts."""
        raise NotImplementedError

    def silence(self, name: str) -> None:
        """Silence one, by its own API."""
        raise NotImplementedError


class Alertmanager(Contestant):
    """The distribution's Alertmanager with the generated configuration."""

    health = "/-/ready"

    def command(self) -> list[str]:
        """How it is started."""
        config = self.folder / "alertmanager.yml"
        if not config.exists():
            self._configure()
        return [
            "prometheus-alertmanager",
            f"--config.file={config}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]

    def _configure(self) -> None:
        catalog = parse_catalog(CatalogFolder(ROOT / "catalog").read()).valid()
        for name, text in alertmanager_files(catalog, Surroundings(folder=str(self.folder))).items():
            quicker = re.sub(r"group_interval: \w+", f"group_interval: {GROUP_INTERVAL}", text)
            (self.folder / name).write_text(quicker)
        (self.folder / "slack_url").write_text(f"{self.chat.api_url}chat.postMessage")
        (self.folder / "slack_token").write_text("xoxb-development")

    def send(self, names: Sequence[str], *, ended: bool) -> None:
        """Tell it of alerts."""
        alerts = []
        for name in names:
            starts = self.fired[name]
            ends = now() if ended else now() + timedelta(minutes=5)
            alerts.append(
                {
                    "labels": labels(name),
                    "annotations": {"summary": name},
                    "startsAt": rfc3339(starts),
                    "endsAt": rfc3339(ends),
                }
            )
        httpx2.post(f"{self.url}/api/v2/alerts", json=alerts).raise_for_status()

    def silence(self, name: str) -> None:
        """Silence one, by its own API."""
        matcher = {"name": "alertname", "value": name, "isRegex": False}
        body = {"matchers": [matcher], "createdBy": "ada", "comment": "deploying"}
        times = {"startsAt": rfc3339(now()), "endsAt": rfc3339(now() + timedelta(hours=1))}
        httpx2.post(f"{self.url}/api/v2/silences", json=body | times).raise_for_status()


class Observatory(Contestant):
    """`observatory run` over a SQLite file."""

    health = "/healthz"

    def command(self) -> list[str]:
        """How it is started."""
        return [sys.executable, "-m", "observatory", "run"]

    def environment(self) -> dict[str, str]:
        """What it is told."""
        return {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "OBSERVATORY_CATALOG": str(ROOT / "catalog"),
            "OBSERVATORY_PROMETHEUS_URL": "http://127.0.0.1:9",
            "OBSERVATORY_DATABASE_URL": f"sqlite:///{self.folder / 'observatory.db'}",
            "OBSERVATORY_SLACK_TOKEN": "xoxb-development",
            "OBSERVATORY_SLACK_API_URL": self.chat.api_url,
            "OBSERVATORY_PORT": str(self.port),
        }

    def send(self, names: Sequence[str], *, ended: bool) -> None:
        """Tell it of alerts."""
        alerts = [
            {
                "status": "resolved" if ended else "firing",
                "labels": labels(name),
                "annotations": {"summary": name},
                "startsAt": rfc3339(self.fired[name]),
                "endsAt": rfc3339(now()) if ended else "0001-01-01T00:00:00Z",
                "fingerprint": name.encode().hex()[:16],
            }
            for name in names
        ]
        body = {"version": "4", "alerts": alerts}
        httpx2.post(f"{self.url}/api/v1/alertmanager", json=body).raise_for_status()

    def silence(self, name: str) -> None:
        """Silence one, by its own API."""
        body = {
            "matchers": [f"slo=alert/{name}"],
            "owner": SQUAD,
            "reason": "deploying",
            "by": "ada",
            "lasts": "1h",
        }
        httpx2.post(f"{self.url}/api/v1/silences", json=body).raise_for_status()


def labels(name: str) -> dict[str, str]:
    return {"alertname": name, "squad": SQUAD, "service": f"service-of-{name.lower()}", "severity": "page"}


def rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def wait_for(look: Callable[[], bool], seconds: float) -> bool:
    """Whether it came to be."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            if look():
                return True
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    return False
