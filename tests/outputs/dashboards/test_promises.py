"""The table of promises on real servers, where SLOs have windows that are alert windows too."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from support.catalogs import a_catalog, a_service, an_slo
from support.grafana import View, ask, ask_every_query
from support.product import eventually
from support.prometheus import Target
from support.servers import SERVERS, serving
from support.views import a_status

from observatory.adapters.clock import SystemClock
from observatory.application.snapshot import Snapshot
from observatory.catalog import Rolling
from observatory.entrypoints.api.exposition import slo_families
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.rules.organisation import BURN, OWNED, REMAINING

AT = datetime(2026, 3, 18, 12, tzinfo=UTC)
WINDOWS = {"daily": "1d", "three-days": "3d", "monthly": "30d"}
BURNS = {"1d": 9.0, "3d": 4.0, "30d": 0.5}
"""Over each window, of every SLO: what is right for one would be wrong for the others."""
BUDGET = 0.001
GOOD = {name: 1 - BURNS[window] * BUDGET for name, window in WINDOWS.items()}


def catalog():
    slos = [
        an_slo(name, window=Rolling(length=timedelta(days=int(window[:-1]))))
        for name, window in WINDOWS.items()
    ]
    return a_catalog(a_service(slos=slos))


def as_recorded():
    """What the rules record of each SLO, whose labels these are."""
    for name, own in WINDOWS.items():
        slo = f'squad="playlists",service="playlist",slo="{name}"'
        yield f'{OWNED}{{{slo},slo_window="{own}"}} {BUDGET}'
        yield f'{REMAINING}{{{slo},slo_window="{own}"}} {1 - BURNS[own]}'
        yield from (f'{BURN}{{{slo},window="{window}"}} {burn}' for window, burn in BURNS.items())


def as_exposed():
    """What Observatory says of each SLO."""
    statuses = {}
    for entry in catalog().slos():
        bad = 1e6 * BUDGET * BURNS[WINDOWS[entry.slo.name]]
        burn = BURNS | dict.fromkeys(("5m", "30m", "1h", "2h", "6h"), 12.0)
        numbers = {"sli": 1 - bad / 1e6, "total": 1e6, "bad": bad, "burn": burn}
        statuses[entry.id] = a_status(entry, **numbers)
    return "".join(slo_families(Snapshot(catalog(), statuses, AT))).splitlines()


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("lines", [as_recorded, as_exposed], ids=["rules", "own"])
def test_every_slo_shows_what_was_good_over_its_own_window(server, tmp_path, lines):
    text = "\n".join(sorted(line for line in lines() if not line.startswith("#"))) + "\n"
    boards = dashboard_files(catalog())
    with Target(text) as target, serving(server, tmp_path, targets={"observatory": target.address}) as url:
        eventually(lambda: ask(url, "up == 1"), within=30)  # answered some time after it was scraped
        now = SystemClock().now().timestamp()
        answers = list(ask_every_query(boards, View(url, now - 10, now, scrape=1)))
    good = {
        (answer.dashboard, series["metric"]["slo"]): float(series["value"][1])
        for answer in answers
        if answer.expr in columns(boards, "Good")
        for series in answer.series
    }
    tables = [name for name, text in boards.items() if list(columns_of(text, "Good"))]
    assert len(tables) >= 2
    assert good == {(board, name): pytest.approx(share) for board in tables for name, share in GOOD.items()}


def columns(boards, title):
    return {expr for text in boards.values() for expr in columns_of(text, title)}


def columns_of(text, title):
    """The queries behind a column of a dashboard's tables."""
    for panel in json.loads(text)["panels"]:
        names = renamed(panel)
        yield from (
            target["expr"]
            for target in panel.get("targets", [])
            if names.get(f"Value #{target['refId']}") == title
        )


def renamed(panel):
    for step in panel.get("transformations", []):
        if "renameByName" in step.get("options", {}):
            return step["options"]["renameByName"]
    return {}
