"""A real Prometheus for the demo world, and its configuration."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import yaml

from observatory.errors import DefinitionError
from observatory.sandbox.demo.organisation import SERVICES
from observatory.sandbox.demo.processes import Child, running, wait_until_healthy

RECEIVING = ("--web.enable-remote-write-receiver",)

_STARTS_WITHIN = timedelta(seconds=60)
_RULE_FILE = re.compile(r"^groups:", re.MULTILINE)


@contextmanager
def running_prometheus(
    store: Path, *, config: str, port: int, flags: Sequence[str] = ()
) -> Iterator[tuple[Child, str]]:
    """Run Prometheus over the data folder `store`; yields the program and its address.

    Raises:
        DefinitionError: it is not installed.
        Unavailable: it did not come up, such as on a bad configuration or rule file.
    """
    program = shutil.which("prometheus")
    if program is None:
        raise DefinitionError(
            "the demo needs Prometheus and there is none on the PATH; scripts/demo installs it "
            "(Debian: apt-get install prometheus)"
        )
    store.mkdir(parents=True, exist_ok=True)
    file = store.parent / "prometheus.yml"
    file.write_text(config)
    command = [
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={store}",
        "--storage.tsdb.retention.time=60d",
        f"--web.listen-address=127.0.0.1:{port}",
        *flags,
    ]
    with running("Prometheus", command, log=store.parent / "prometheus.log") as child:
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(child, f"{url}/-/ready", within=_STARTS_WITHIN)
        yield child, url


def scraping(services: Mapping[str, str], *, observatory: str, rules: Path | None) -> str:
    """The configuration that scrapes the demo `services` (name to host:port) and Observatory, with the rules of a folder.

    The instance label is the service's own, so that it is the same before and after a restart on other ports.
    """
    jobs = [_job(service.name, services[service.name], service.instance) for service in SERVICES]
    document = {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "scrape_configs": [*jobs, _job("observatory", observatory, "observatory-1")],
        "rule_files": [str(file.resolve()) for file in rule_files(rules)] if rules else [],
    }
    text: str = yaml.safe_dump(document)
    return text


def rule_files(folder: Path) -> list[Path]:
    """The rule files below a folder; promtool's unit tests lie beside them and are none."""
    files = sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")])
    return [file for file in files if _RULE_FILE.search(file.read_text())]


def _job(name: str, address: str, instance: str) -> dict[str, object]:
    return {"job_name": name, "static_configs": [{"targets": [address], "labels": {"instance": instance}}]}
