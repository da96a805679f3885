"""Errors that come in clumps at low traffic: what has been usual for weeks calls nobody, and an outage still does."""

from importlib import import_module

import numpy as np
import pytest
from support.minutes import Minutes
from support.wiring import DAY, LAG, MINUTE, START, Life, service_yaml

from observatory.application import clumps
from observatory.evaluation import Severity

PAST, WEEK = 35, 7
SERVICES = [f"service-{number:02}" for number in range(24)]
PER_HOUR, HEALTHY, CLUMP = 300, 0.3 * 0.001, 10


def usual(seed):
    """A service's minutes: day and night, and now and then somebody whose request fails and is tried ten times."""
    rng = np.random.default_rng(seed)
    minutes = np.arange((PAST + WEEK) * 1440)
    users = rng.poisson(PER_HOUR / 60 * (1 + 0.9 * np.sin(2 * np.pi * minutes / 1440)))
    bad = CLUMP * rng.poisson(HEALTHY * users / CLUMP)
    return bad.astype(float), (users + bad).astype(float)


class Weeks(Life):
    """A Life of many services whose minutes are scripted; it ticks at the minutes that matter."""

    def __init__(self, folder, tables, *, learns=True):
        super().__init__(folder)
        (self.folder / "playlist.yml").unlink()
        for name in tables:
            self.write(name, service_yaml(name, window="30d"))
        self.learns = learns
        bad, total = ({f"{name}/availability": of[part] for name, of in tables.items()} for part in (0, 1))
        self.minutes_of = Minutes(START - PAST * DAY, bad, total)

    def begin(self):
        super().begin()
        self.observatory.tick.measure = self.observatory.catch_up.fill.measure = self.minutes_of
        if not self.learns:
            self.observatory.tick.judge.clumps = lambda _, **__: None

    def eventful(self):
        """Minutes since START with a bad event and the one after, and each hour: nothing else can change an alert."""
        any_bad = np.any(np.stack(list(self.minutes_of.bad.values())), axis=0)[PAST * 1440 :]
        bad = np.flatnonzero(any_bad) + 1
        return sorted({*bad.tolist(), *(bad + 1).tolist(), *range(60, WEEK * 1440, 60)})

    def live(self, moments):
        """Tick at these minutes after START."""
        for minute in moments:
            self.clock.advance(START + minute * MINUTE + LAG - self.clock.now())
            self.observatory.tick()

    def pages(self):
        return [one for one in self.alerts.incidents() if one.severity is Severity.PAGE]


def lived(folder, tables, *, learns=True, restarts=0):
    folder.mkdir()
    life = Weeks(folder, tables, learns=learns)
    life.begin()
    life.minutes(1)
    moments = life.eventful()
    for part in np.array_split(moments, restarts + 1):
        life.live(part.tolist())
        life.begin()
        life.observatory.catch_up()
    return life


def unbounded(counts, _tick):
    """As if a minute could hold any number of independent errors."""
    return np.full(counts.over_usual("total").shape, 1e9)


def ids(life):
    return {(one.id, one.opened_at, one.resolved_at, one.tiers) for one in life.alerts.incidents()}


def clumps_before(page, life):
    """In the longest window that pages are decided on."""
    end = (page.opened_at - life.minutes_of.start) // MINUTE
    return life.minutes_of.bad[page.slo][end - 360 : end].sum() / CLUMP


@pytest.mark.slow
def test_a_usual_clump_calls_nobody_for_a_week_and_restarts_change_nothing(tmp_path, monkeypatch):
    tables = {name: usual(seed) for seed, name in enumerate(SERVICES)}
    with monkeypatch.context() as patched:
        patched.setattr(import_module("observatory.evaluation.evaluate"), "_busy_tick", unbounded)
        naive = lived(tmp_path / "naive", tables, learns=False)
    learned = lived(tmp_path / "learned", tables)
    assert min(clumps_before(page, naive) for page in naive.pages()) == 1
    assert all(clumps_before(page, learned) > 1 for page in learned.pages())
    assert len(learned.pages()) < len(naive.pages()) / 5
    assert ids(lived(tmp_path / "again", tables, restarts=2)) == ids(learned)


def paged_after(folder, table, *, learns):
    """Minutes of a total outage until the page."""
    folder.mkdir()
    life = Weeks(folder, {SERVICES[0]: table}, learns=learns)
    life.begin()
    life.minutes(1)
    life.live(range(2 * 1440 - 60, 2 * 1440))
    assert not life.pages()
    for minute in range(1, 30):
        life.live([2 * 1440 + minute])
        if life.pages():
            return minute
    return None


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 8, 11])
def test_an_outage_pages_within_a_minute_of_when_it_would_have(seed, tmp_path):
    bad, total = usual(seed)
    noon = PAST * 1440 + 2 * 1440
    bad[noon : noon + 30] = total[noon : noon + 30]
    naive = paged_after(tmp_path / "naive", (bad, total), learns=False)
    learned = paged_after(tmp_path / "learned", (bad, total), learns=True)
    assert naive is not None
    assert learned <= naive + 1


def dispersion(life):
    life.observatory.tick()
    return life.observatory.views.board.snapshot.statuses[f"{SERVICES[0]}/availability"].dispersion


def one_life(tmp_path, bad, total):
    tmp_path.mkdir(exist_ok=True)
    life = Weeks(tmp_path, {SERVICES[0]: (bad, total)})
    life.begin()
    return life


def test_it_is_learnt_as_soon_as_the_past_is_known_and_then_once_an_hour(tmp_path, monkeypatch):
    life = one_life(tmp_path, *usual(3))
    assert dispersion(life) == 1
    life.observatory.catch_up()
    assert dispersion(life) > 2
    learnt = []
    honest = clumps.learn
    monkeypatch.setattr(clumps, "learn", lambda *given, **named: learnt.append(1) or honest(*given, **named))
    life.minutes(121)
    assert len(learnt) == 2


def test_an_outage_is_not_taken_for_what_is_usual(tmp_path):
    bad, total = usual(3)
    calm = one_life(tmp_path / "calm", bad, total)
    calm.observatory.catch_up()
    bad = bad.copy()
    then = (PAST - 5) * 1440
    bad[then : then + 240] = total[then : then + 240]
    burnt = one_life(tmp_path / "burnt", bad, total)
    burnt.observatory.catch_up()
    assert dispersion(burnt) == pytest.approx(dispersion(calm), rel=0.1)
