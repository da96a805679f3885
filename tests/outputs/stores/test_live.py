"""Every panel and every alert of every store, asked of real servers that scrape the exporters.

postgres_exporter runs for real on a real PostgreSQL; of the others, what they expose is recorded (tests/expositions).
"""

import math
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from support.catalogs import a_catalog, a_service
from support.exporters import exposition, postgres_exporter
from support.grafana import View, ask, ask_every_query
from support.postgres import cluster
from support.prometheus import Series, Target
from support.servers import SERVERS, serving

from observatory.adapters.clock import SystemClock
from observatory.catalog import Use
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.stores import reader_of, signals_of

pytestmark = pytest.mark.slow
QUERIES = Path(__file__).parents[3] / "docs" / "postgres_exporter-0.11-queries.yml"
DAY = 86_400

RECORDED = {
    "postgres-015": ("postgres_exporter-0.15", Use(kind="postgresql", selector={"datname": "playlists", "job": "postgres-015"})),
    "postgres-020": ("postgres_exporter-0.20", Use(kind="postgresql", selector={"datname": "playlists", "job": "postgres-020"})),
    "postgres-server": ("postgres_exporter-0.20", Use(kind="postgresql", selector={"job": "postgres-server"})),
    "cache": ("memcached_exporter", Use(kind="memcached", selector={"job": "cache"})),
    "jmx": ("cassandra-jmx", Use(kind="cassandra", dialect="jmx", selector={"cassandra_cluster": "music", "job": "jmx"})),
    "mcac": ("cassandra-mcac", Use(kind="cassandra", dialect="mcac", selector={"cluster": "music"})),
    "mcac-alone": ("cassandra-mcac", Use(kind="cassandra", dialect="mcac")),
    "instaclustr": ("cassandra-instaclustr", Use(kind="cassandra", dialect="instaclustr", selector={"cassandra_cluster": "music", "job": "instaclustr"})),
    "kafka": ("kafka_exporter", Use(kind="kafka", dialect="kafka_exporter", selector={"consumergroup": "discover"})),
    "kminion": ("kminion", Use(kind="kafka", dialect="kminion", selector={"group_id": "discover"})),
}  # fmt: skip


def catalog(real):
    uses = {name: use for name, (_, use) in RECORDED.items()} | {"postgres-real": real}
    return a_catalog(*(a_service(name, slos=(), uses=(use,)) for name, use in uses.items()))


@contextmanager
def busy(url):
    """A database with a table, dead rows, a replication slot, and transactions that come and go."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE tracks AS SELECT generate_series(1, 1000) AS id")
        connection.execute("DELETE FROM tracks WHERE id <= 100")
        connection.execute("SELECT pg_create_physical_replication_slot('standby', true)")
        stop = threading.Event()

        def work():
            while not stop.wait(0.05):
                connection.execute("UPDATE tracks SET id = id WHERE id = 500")
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM tracks")
                connection.execute("ROLLBACK")

        worker = threading.Thread(target=work)
        worker.start()
        try:
            yield
        finally:
            stop.set()
            worker.join()


def exposed(name, second):
    """What a service and the exporter beside it show, which here have one address."""
    return exposition(name, second) + 'service_build_info{version="1.2.3"} 1\n'


def yesterday(address, end):
    """What memcached was asked a day ago."""
    times = list(range(end - DAY - 60, end - DAY + 120))
    for status in ("hit", "miss"):
        labels = f'command="get",status="{status}",job="cache",instance="{address}"'
        yield Series("memcached_commands_total", labels, times, [float(time % DAY) for time in times])


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """The catalog, and the servers that have scraped all its stores for a quarter of a minute."""
    with ExitStack() as stack:
        # Not below tmp_path, which only its owner may enter: the server runs as another user.
        open_folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="observatory-pg-")))
        open_folder.chmod(0o755)
        server = stack.enter_context(cluster(open_folder / "cluster"))
        url = server.new_database()
        stack.enter_context(busy(url))
        targets = {
            name: stack.enter_context(Target(exposed(text, 1))) for name, (text, _) in RECORDED.items()
        }
        addresses = {name: target.address for name, target in targets.items()}
        dsn = url + "?sslmode=disable"
        addresses["postgres-real"] = stack.enter_context(postgres_exporter(dsn, QUERIES))
        past = [*yesterday(addresses["cache"], now())]
        served = {
            server: stack.enter_context(
                serving(server, tmp_path_factory.mktemp(server), past, targets=addresses)
            )
            for server in SERVERS
        }
        for second in range(2, 18):
            for name, target in targets.items():
                target.text = exposed(RECORDED[name][0], second)
            targets["cache"].show(targets["cache"].text, scrapes=len(SERVERS))
        database = url.rpartition("/")[2]
        yield catalog(Use(kind="postgresql", selector={"datname": database})), served


@pytest.fixture(params=SERVERS)
def world(request, worlds):
    services, served = worlds
    return services, served[request.param]


def now():
    return int(SystemClock().now().timestamp())


def answers(world):
    services, url = world
    end = now()
    dashboards = {
        path: text for path, text in dashboard_files(services).items() if not path.endswith("_squad.json")
    }
    dashboards.pop("organisation.json")
    return [
        answer
        for answer in ask_every_query(dashboards, View(url, end - 8, end, scrape=1))
        if not answer.panel.startswith("annotation")
    ]


def test_no_panel_of_any_store_is_in_error_or_empty(world):
    asked = answers(world)
    assert len(asked) > 150
    assert [(answer.dashboard, answer.panel, answer.error) for answer in asked if answer.error] == []
    assert [
        (answer.dashboard, answer.panel, answer.expr) for answer in asked if not has_a_number(answer)
    ] == []


def has_a_number(answer):
    points = [point for series in answer.series for point in series.get("values", [series.get("value")])]
    return any(math.isfinite(float(text)) for _, text in points)


def test_a_panel_shows_its_own_store_alone(world):
    """Every series carries the job and instance of the one store, however many of its kind are scraped."""
    foreign = [
        (answer.dashboard, answer.panel, series["metric"])
        for answer in answers(world)
        for series in answer.series
        if answer.dashboard.startswith("playlists/postgres-0")
        and series["metric"].get("job", "") not in ("", Path(answer.dashboard).stem)
    ]
    assert foreign == []


def test_every_alert_can_be_evaluated_and_its_figure_is_there_for_every_store(world):
    services, url = world
    missing = []
    for service in services.services.values():
        for use in service.uses:
            reader = reader_of(use, window="5s", everyone=True)
            for signal in signals_of(use, reader):
                expr = signal.worry and (signal.worry.expr or signal.queries[0].expr)
                if expr and not ask(url, expr):
                    missing.append((service.name, signal.worry.alert))
    # Nothing is that bad here: these figures exist only where it is.
    only_when_bad = {"PostgresqlVacuumBehind"}
    assert [entry for entry in missing if entry[1] not in only_when_bad] == []
