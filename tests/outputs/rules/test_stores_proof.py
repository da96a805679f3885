"""The generated unit tests of store alerts: they hold for every exporter, and notice a limit that moved."""

import pytest
from support.catalogs import a_catalog, a_service
from support.rules import promtool, write_files

from observatory.catalog import Use
from observatory.outputs.rules import rule_files
from observatory.outputs.rules.stores_proof import PATH

PG = Use(kind="postgresql", selector={"datname": "playlists"})
CACHE = Use(kind="memcached", selector={"job": "cache"})
QUEUE = Use(kind="kafka", dialect="kafka_exporter", selector={"consumergroup": "discover"})
EVERY = (
    PG,
    CACHE,
    Use(kind="cassandra", dialect="jmx", selector={"cassandra_cluster": "music"}),
    Use(kind="cassandra", dialect="mcac", selector={"cluster": "music"}),
    Use(kind="cassandra", dialect="instaclustr", selector={"cassandra_cluster": "music"}),
    QUEUE,
    Use(kind="kafka", dialect="kminion", selector={"group_id": "discover"}),
)


def proven(folder, *uses, old="", new=""):
    services = (a_service(f"user-{number}", slos=(), uses=(use,)) for number, use in enumerate(uses))
    files = rule_files(a_catalog(*services))
    assert old in files["stores.yml"]
    write_files(
        folder, files | {"stores.yml": files["stores.yml"].replace(old, new) if old else files["stores.yml"]}
    )
    return promtool("test", "rules", folder / PATH)


@pytest.mark.slow
def test_the_generated_proof_holds_for_every_exporter(tmp_path):
    assert proven(tmp_path, *EVERY).startswith("0:")


@pytest.mark.parametrize(
    ("use", "old", "new"),
    [
        pytest.param(CACHE, "memcached_up", "memcached_alive", id="a metric that nothing exposes"),
        pytest.param(QUEUE, "for: 5m", "for: 2h", id="an alert that waits too long"),
        pytest.param(QUEUE, "> 0", ">= 0", id="an alert that fires when all is well"),
    ],
)
def test_the_generated_proof_finds_a_broken_alert(tmp_path, use, old, new):
    assert proven(tmp_path, use, old=old, new=new).startswith("1:")


def test_a_catalog_without_stores_has_no_proof_of_them():
    assert PATH not in rule_files(a_catalog(a_service()))
