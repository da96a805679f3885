"""`observatory demo` as somebody types it: everything real, until Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx2
import pytest
from support.product import ROOT, eventually, incidents, ready

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

COMMAND = [sys.executable, "-m", "observatory", "demo"]
SLOS = 14


def at_desk(folder, *words, **kind):
    environment = {"PATH": os.environ["PATH"]}  # noqa: TID251 - where Prometheus is
    return kind.pop("start")([*COMMAND, *words], cwd=folder, env=environment, text=True, **kind)


def asked(folder, *words):
    return at_desk(folder, *words, start=subprocess.run, capture_output=True, check=False)


def offspring(pid):
    """Every process that this one started, and that those started."""
    children = {
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    }
    return children.union(*map(offspring, children))


def answers(address):
    try:
        httpx2.get(f"{address}/", timeout=2)
    except httpx2.ConnectError:
        return False
    return True


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What could be seen of a demo from its start to Ctrl-C, and what was left after it."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("catalog", "alert_rules"):
        (folder / name).symlink_to(ROOT / name)
    process = at_desk(
        folder,
        "--days",
        "1",
        start=subprocess.Popen,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a terminal's foreground job
    )
    try:
        said = "".join(iter(process.stdout.readline, "  observatory demo heal playlist\n"))
        addresses = dict(re.findall(r"^  (\w+) +(http://\S+)$", said, flags=re.MULTILINE))
        eventually(lambda: ready(addresses["Observatory"]), within=90)
        seen = SimpleNamespace(
            addresses=addresses,
            slos=httpx2.get(f"{addresses['Observatory']}/api/v1/slos").json(),
            incidents=incidents(addresses["Observatory"]),
            page=httpx2.get(addresses["Observatory"]).text,
            targets=eventually(lambda: _all_up(addresses["Prometheus"]), within=60),
            broken=asked(folder, "break", "playlist"),
            healed=asked(folder, "heal", "playlist"),
            misspelt=asked(folder, "break", "playlits"),
            programs=offspring(process.pid),
        )
        os.killpg(process.pid, signal.SIGINT)
        seen.last_words, _ = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)
    seen.code, seen.afterwards = process.returncode, asked(folder, "heal", "playlist")
    return seen


def _all_up(prometheus):
    targets = httpx2.get(f"{prometheus}/api/v1/targets").json()["data"]["activeTargets"]
    return targets if all(target["health"] == "up" for target in targets) else None


def test_it_says_where_everything_is(demo):
    assert set(demo.addresses) == {"Observatory", "Slack", "Prometheus"}


def test_every_slo_of_the_catalog_has_numbers_from_the_first_moment(demo):
    assert len(demo.slos) == SLOS
    assert [slo["slo"] for slo in demo.slos if slo["sli"] is None] == []


def test_the_first_page_is_the_organisation(demo):
    assert "Every squad" in demo.page
    assert "/slos/playlist/availability" in demo.page


def test_prometheus_scrapes_the_services_and_observatory(demo):
    jobs = {target["labels"]["job"] for target in demo.targets}

    assert {"observatory", "playlist", "search"} <= jobs


def test_an_outage_starts_and_ends_by_command(demo):
    assert (demo.broken.returncode, demo.broken.stdout) == (0, "playlist: 1 of its requests fail\n")
    assert (demo.healed.returncode, demo.healed.stdout) == (0, "playlist: healthy\n")


def test_a_misspelt_service_is_told_from_a_right_one(demo):
    assert demo.misspelt.returncode == 1
    assert "did you mean 'playlist'?" in demo.misspelt.stderr


def test_ctrl_c_ends_it_without_a_word_too_many(demo):
    assert demo.code == 0
    assert demo.last_words.strip().endswith("The demo has stopped.")
    assert "Traceback" not in demo.last_words


def test_no_program_that_it_started_is_left(demo):
    assert len(demo.programs) >= 2
    assert [pid for pid in demo.programs if Path(f"/proc/{pid}").exists()] == []


def test_no_port_that_it_opened_is_left(demo):
    scraped = {f"http://{urlsplit(target['scrapeUrl']).netloc}" for target in demo.targets}
    opened = scraped | set(demo.addresses.values())

    assert len(opened) > len(demo.addresses)
    assert [address for address in opened if answers(address)] == []


def test_afterwards_the_commands_say_that_none_is_running(demo):
    assert demo.afterwards.returncode == 1
    assert "no demo is running" in demo.afterwards.stderr
