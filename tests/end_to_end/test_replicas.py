"""Two replicas on one PostgreSQL: one evaluates, the other shows the same; killed or stopped, nobody is told twice or not at all."""

import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.postgres import cluster
from support.product import eventually, incidents, observatory_run, quick_catalog, ready, surroundings
from support.slack import postings

from observatory.sandbox.demo import Mode, Trouble
from observatory.sandbox.demo.processes import port_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

LEASE = "3"


class Replica:
    """One of the processes."""

    def __init__(self, stack, world, catalog, database):
        port = port_for(0)
        self.url = f"http://127.0.0.1:{port}"
        settings = {"OBSERVATORY_DATABASE_URL": database, "OBSERVATORY_PORT": str(port)}
        run = observatory_run(world, catalog=catalog, OBSERVATORY_LEASE=LEASE, **settings)
        self.process = stack.enter_context(run)

    def metric(self, name):
        text = httpx2.get(f"{self.url}/metrics", timeout=5).text
        families = text_string_to_metric_families(text)
        return {sample.name: sample.value for family in families for sample in family.samples}.get(name)

    def leads(self):
        return self.metric("observatory_leader") == 1

    def follows(self):
        return self.metric("observatory_leader") == 0

    def budgets(self):
        """By SLO: what was measured, and what is left."""
        found = httpx2.get(f"{self.url}/api/v1/slos").json()
        return {f"{one['service']}/{one['slo']}": (one["events"], one["budget"]) for one in found}

    def measured(self):
        return self.metric("observatory_measured_until_timestamp_seconds")


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Who led when, and what Slack shows at the end."""
    folder = tmp_path_factory.mktemp("replicas")
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="observatory-pg-")))
        root.chmod(0o755)  # the server runs as another user
        database = stack.enter_context(cluster(root / "cluster")).new_database()
        world = stack.enter_context(surroundings(folder))
        catalog = quick_catalog(folder / "catalog")

        def posted(channel):
            return postings(world.slack.url, channel)

        first = Replica(stack, world, catalog, database)
        eventually(lambda: first.leads() and ready(first.url), within=60)
        second = Replica(stack, world, catalog, database)
        eventually(lambda: second.follows() and ready(second.url), within=60)
        shown = eventually(lambda: _same_moment(first, second), within=60)

        world.simulation.break_service("playlist", Trouble(Mode.ERRORS))
        first.process.kill()
        eventually(second.leads, within=20)
        eventually(lambda: posted("C0PLAYLISTS"), within=120)

        third = Replica(stack, world, catalog, database)
        eventually(lambda: third.follows() and ready(third.url), within=60)
        world.simulation.break_service("search", Trouble(Mode.ERRORS))
        second.process.send_signal(signal.SIGSTOP)
        try:
            eventually(third.leads, within=60)
            eventually(lambda: posted("C0SEARCH00"), within=120)
        finally:
            second.process.send_signal(signal.SIGCONT)
        eventually(second.follows, within=20)
        eventually(lambda: _same_moment(second, third), within=60)
        yield SimpleNamespace(
            shown=shown,
            posted={channel: posted(channel) for channel in ("C0PLAYLISTS", "C0SEARCH00")},
            incidents=incidents(third.url),
            leaders=[third.leads(), second.leads()],
            log=(folder / "observatory.log").read_text(),
        )


def _same_moment(one, other):
    """What both show of the same tick; None while one is a tick ahead."""
    before, shown, after = one.measured(), (one.budgets(), other.budgets()), one.measured()
    return shown if before == after == other.measured() else None


def test_a_follower_shows_the_numbers_of_the_replica_that_evaluates(story):
    of_leader, of_follower = story.shown

    assert of_leader
    assert of_follower == of_leader


@pytest.mark.parametrize(("channel", "service"), [("C0PLAYLISTS", "playlist"), ("C0SEARCH00", "search")])
def test_what_broke_as_the_evaluator_died_or_stood_still_was_told_once(story, channel, service):
    told = [message["text"] for message in story.posted[channel]]

    assert len([text for text in told if f"{service}/availability" in text]) == 1, told


def test_no_incident_was_opened_twice(story):
    opened = [(one["service"], one["slo"], one["severity"]) for one in story.incidents]

    assert len(opened) == len(set(opened))


def test_who_stood_still_past_its_lease_follows_when_it_goes_on(story):
    assert story.leaders == [True, False]
    assert "job_failed" not in story.log
