"""Store alerts, executed by promtool: each fires on its own trouble, stays silent without, and reaches every owner."""

import re

import pytest
from support.catalogs import a_catalog, a_service
from support.rules import promtool, unit_test, write_files

from observatory.catalog import Use
from observatory.outputs.rules import rule_files

PG = Use(kind="postgresql", selector={"datname": "playlists"})
CACHE = Use(kind="memcached", selector={"job": "cache"})
JMX = Use(kind="cassandra", dialect="jmx", selector={"cassandra_cluster": "music"})
MCAC = Use(kind="cassandra", dialect="mcac", selector={"cluster": "music"})
INSTACLUSTR = Use(kind="cassandra", dialect="instaclustr", selector={"cassandra_cluster": "music"})
KAFKA = Use(kind="kafka", dialect="kafka_exporter", selector={"consumergroup": "discover"})
KMINION = Use(kind="kafka", dialect="kminion", selector={"group_id": "discover"})
EVERY = (PG, CACHE, JMX, MCAC, INSTACLUSTR, KAFKA, KMINION)

T = 'job="j",instance="i"'
DB = f'{T},datname="playlists"'
C = f'{T},job="cache"'.replace('job="j",', "")
ANCHOR = {f"pg_stat_database_numbackends{{{DB}}}": "5x120", f"up{{{T}}}": "1x120"}
LIMITS = {
    f"pg_settings_max_connections{{{T}}}": "100x120",
    f"pg_settings_superuser_reserved_connections{{{T}}}": "3x120",
    f"pg_settings_max_locks_per_transaction{{{T}}}": "64x120",
}


def group(use):
    names = (use.kind, use.dialect, *sorted(use.selector))
    return "-".join(("stores", *filter(None, names)))


def firing(folder, use, series, *, minute=60, interval="1m", services=None):
    """The alerts that fire at a minute, by promtool: name and service."""
    services = services or [a_service("playlist", slos=(), uses=(use,))]
    write_files(folder, rule_files(a_catalog(*services)))
    lines = ["  - interval: 1m", "    input_series:"]
    lines += [f"      - {{series: '{name}', values: '{values}'}}" for name, values in series.items()]
    lines += [
        "    promql_expr_test:",
        '      - expr: count by (alertname, service) (ALERTS{alertstate="firing"})',
        f"        eval_time: {minute}m",
        "        exp_samples: [{labels: 'impossible', value: 0}]",
    ]
    groups = [*(service.name for service in services), group(use)]
    said = unit_test(folder, "\n".join(lines), groups=groups, interval=interval)
    return set(re.findall(r'alertname="(\w+)", service="([\w-]+)"', said.split("got:")[-1]))


def names(found):
    return {alert for alert, _ in found}


def postgres(**trouble):
    return ANCHOR | LIMITS | trouble


PG_RATES = {
    f"pg_stat_database_xact_commit{{{DB}}}": "0+6000x120",
    f"pg_stat_database_blks_hit{{{DB}}}": "0+60000x120",
    f"pg_stat_database_blks_read{{{DB}}}": "0+60x120",
}
CASSANDRA_UP = {f"up{{{T}}}": "1x120"}
JMX_ANCHOR = {f'cassandra_storage_load_count{{{T},cassandra_cluster="music"}}': "1x120"} | CASSANDRA_UP
MCAC_ANCHOR = {f'mcac_client_connected_native_clients{{{T},cluster="music"}}': "1x120"} | CASSANDRA_UP
ICE_ANCHOR = {f'cassandra_storage_load_bytes{{{T},cassandra_cluster="music"}}': "1x120"} | CASSANDRA_UP


def jmx(metric, values, more=""):
    return JMX_ANCHOR | {f'{metric}{{{T},cassandra_cluster="music"{more}}}': values}


def mcac(metric, values, more=""):
    return MCAC_ANCHOR | {f'{metric}{{{T},cluster="music"{more}}}': values}


def instaclustr(metric, values, more=""):
    return ICE_ANCHOR | {f'{metric}{{{T},cassandra_cluster="music"{more}}}': values}


def buckets(kind, fast, slow):
    labels = f'{T},cluster="music",request_type="{kind}"'
    return {
        f'mcac_client_request_latency_bucket{{{labels},le="943"}}': f"0+{fast}x120",
        f'mcac_client_request_latency_bucket{{{labels},le="1131752"}}': f"0+{fast + slow}x120",
        f'mcac_client_request_latency_bucket{{{labels},le="+Inf"}}': f"0+{fast + slow}x120",
    }


def kafka(lag, consumed, *, members="2x120", produced="0+100x120"):
    labels = f'{T},consumergroup="discover",topic="plays",partition="0"'
    return {
        f"up{{{T}}}": "1x120",
        f"kafka_consumergroup_lag{{{labels}}}": lag,
        f"kafka_consumergroup_current_offset{{{labels}}}": consumed,
        f'kafka_consumergroup_members{{{T},consumergroup="discover"}}': members,
        f'kafka_topic_partition_current_offset{{{T},topic="plays",partition="0"}}': produced,
    }


def kminion(lag, consumed, *, members="2x120"):
    labels = f'{T},group_id="discover",topic_name="plays"'
    return {
        f"up{{{T}}}": "1x120",
        f"kminion_kafka_consumer_group_topic_lag{{{labels}}}": lag,
        f"kminion_kafka_consumer_group_topic_offset_sum{{{labels}}}": consumed,
        f'kminion_kafka_consumer_group_members{{{T},group_id="discover"}}': members,
    }


def memcached(**series):
    base = {f"memcached_up{{{C}}}": "1x120", f"up{{{C}}}": "1x120"}
    return base | {f"memcached_{name}{{{C}}}": values for name, values in series.items()}


def gets(hit, miss):
    return {
        f'memcached_commands_total{{{C},command="get",status="hit"}}': hit,
        f'memcached_commands_total{{{C},command="get",status="miss"}}': miss,
    }


TROUBLES = [
    pytest.param(PG, postgres(**{f"pg_up{{{T}}}": "0x120"}), {"PostgresqlDown"}, id="pg: down"),
    pytest.param(
        PG,
        {f"pg_stat_database_numbackends{{{DB}}}": "5x30 stale", f"up{{{T}}}": "1x30 0x90"},
        {"PostgresqlDown"},
        id="pg: exporter gone",
    ),
    pytest.param(
        PG,
        postgres(**{f'pg_stat_activity_count{{{T},datname="other",state="idle"}}': "80x120"}),
        {"PostgresqlConnectionsNearLimit"},
        id="pg: another database takes the connections",
    ),
    pytest.param(
        PG,
        postgres(**PG_RATES, **{f"pg_stat_database_xact_rollback{{{DB}}}": "0+1000x120"}),
        {"PostgresqlRollbacks"},
        id="pg: rollbacks",
    ),
    pytest.param(
        PG,
        postgres(**{f'pg_stat_activity_max_tx_duration{{{DB},state="active"}}': "301x120"}),
        {"PostgresqlLongTransaction"},
        id="pg: long transaction",
    ),
    pytest.param(
        PG,
        postgres(**PG_RATES | {f"pg_stat_database_blks_read{{{DB}}}": "0+30000x120"}),
        {"PostgresqlCacheMisses"},
        id="pg: cache misses",
    ),
    pytest.param(
        PG,
        postgres(**{f"pg_stat_database_deadlocks{{{DB}}}": "0+1x120"}),
        {"PostgresqlDeadlocks"},
        id="pg: deadlocks",
    ),
    pytest.param(
        PG,
        postgres(**{f'pg_locks_count{{{DB},mode="accessexclusivelock"}}': "11x120"}),
        {"PostgresqlExclusiveLocks"},
        id="pg: exclusive locks",
    ),
    pytest.param(
        PG,
        postgres(**{f'pg_locks_count{{{T},datname="other",mode="accesssharelock"}}': "1300x120"}),
        {"PostgresqlLocksNearLimit"},
        id="pg: lock table",
    ),
    pytest.param(
        PG,
        postgres(**{f"pg_replication_lag_seconds{{{T}}}": "45x120"}),
        {"PostgresqlReplicationLag"},
        id="pg: lag",
    ),
    pytest.param(
        PG,
        postgres(**{f'pg_replication_slots_active{{{T},slot_name="s"}}': "0x120"}),
        {"PostgresqlSlotInactive"},
        id="pg: slot",
    ),
    pytest.param(
        PG,
        postgres(**{f"pg_stat_archiver_failed_count{{{T}}}": "0+1x120"}),
        {"PostgresqlArchivingFails"},
        id="pg: archiving",
    ),
    pytest.param(
        PG,
        postgres(
            **{
                f'pg_stat_user_tables_n_dead_tup{{{DB},relname="t"}}': "30000x120",
                f'pg_stat_user_tables_n_live_tup{{{DB},relname="t"}}': "60000x120",
            }
        ),
        {"PostgresqlVacuumBehind"},
        id="pg: vacuum",
    ),
    pytest.param(
        CACHE, memcached() | {f"memcached_up{{{C}}}": "0x120"}, {"MemcachedDown"}, id="memcached: down"
    ),
    pytest.param(
        CACHE,
        memcached(current_connections="900x120", max_connections="1024x120"),
        {"MemcachedConnectionsNearLimit"},
        id="memcached: connections",
    ),
    pytest.param(
        CACHE,
        memcached(connections_rejected_total="0+1x120", connections_listener_disabled_total="0x120"),
        {"MemcachedRefusesConnections"},
        id="memcached: refuses",
    ),
    pytest.param(
        CACHE,
        memcached(slab_items_evicted_unfetched_total="0+60x120", items_total="0+300x120"),
        {"MemcachedTooSmall"},
        id="memcached: too small",
    ),
    pytest.param(
        CACHE,
        memcached(slab_items_outofmemory_total="0+1x120"),
        {"MemcachedOutOfMemory"},
        id="memcached: out of memory",
    ),
    pytest.param(JMX, JMX_ANCHOR | {f"up{{{T}}}": "0x120"}, {"CassandraDown"}, id="jmx: down"),
    pytest.param(
        JMX, jmx("cassandra_down_endpoint_count", "1x120"), {"CassandraNodesDown"}, id="jmx: node down"
    ),
    pytest.param(
        JMX,
        jmx("cassandra_compaction_pendingtasks", "31x120"),
        {"CassandraCompactionsPending"},
        id="jmx: compaction",
    ),
    pytest.param(
        JMX,
        jmx(
            "cassandra_threadpools_currentlyblockedtasks_count", "2x120", ',threadpools="CompactionExecutor"'
        ),
        {"CassandraTasksBlocked"},
        id="jmx: blocked",
    ),
    pytest.param(
        JMX, jmx("cassandra_storage_totalhints_count", "0+1x120"), {"CassandraHints"}, id="jmx: hints"
    ),
    pytest.param(
        JMX,
        jmx("cassandra_clientrequest_unavailables_count", "0+1x120", ',clientrequest="Write"'),
        {"CassandraUnavailable"},
        id="jmx: unavailable",
    ),
    pytest.param(
        MCAC,
        MCAC_ANCHOR
        | {'mcac_client_connected_native_clients{job="j",instance="b",cluster="music"}': "9x30 stale"},
        {"CassandraNodesDown"},
        id="mcac: node silent",
    ),
    pytest.param(MCAC, MCAC_ANCHOR | buckets("write", 95, 5), {"CassandraSlow"}, id="mcac: slow"),
    pytest.param(
        MCAC,
        mcac("mcac_client_request_unavailables_total", "0+1x120", ',request_type="read"'),
        {"CassandraUnavailable"},
        id="mcac: unavailable",
    ),
    pytest.param(
        MCAC,
        mcac("mcac_dropped_message_dropped_total", "0+1x120"),
        {"CassandraDropsMessages"},
        id="mcac: drops",
    ),
    pytest.param(
        MCAC,
        mcac("mcac_table_pending_compactions", "31x120"),
        {"CassandraCompactionsPending"},
        id="mcac: compaction",
    ),
    pytest.param(
        MCAC, mcac("mcac_jvm_gc_time", "0+12000x120"), {"CassandraGarbageCollection"}, id="mcac: gc"
    ),
    pytest.param(
        INSTACLUSTR,
        instaclustr("cassandra_endpoint_active", "0x120", ',endpoint="b"'),
        {"CassandraNodesDown"},
        id="instaclustr: node down",
    ),
    pytest.param(
        INSTACLUSTR,
        instaclustr("cassandra_client_request_latency_seconds_count", "0+60x120", ',operation="read"')
        | instaclustr("cassandra_client_request_latency_seconds_sum", "0+18x120", ',operation="read"'),
        {"CassandraSlow"},
        id="instaclustr: slow",
    ),
    pytest.param(
        INSTACLUSTR,
        instaclustr("cassandra_client_request_unavailable_exceptions_total", "0+1x120", ',operation="read"'),
        {"CassandraUnavailable"},
        id="instaclustr: unavailable",
    ),
    pytest.param(KAFKA, kafka("10+60x120", "500x120"), {"KafkaConsumerStalled"}, id="kafka: stalled"),
    pytest.param(KAFKA, kafka("40000x120", "0+6000x120"), {"KafkaConsumerLate"}, id="kafka: late"),
    pytest.param(
        KAFKA, kafka("0x120", "0+60x120", members="0x120"), {"KafkaNoConsumers"}, id="kafka: no consumers"
    ),
    pytest.param(KMINION, kminion("10+60x120", "500x120"), {"KafkaConsumerStalled"}, id="kminion: stalled"),
    pytest.param(KMINION, kminion("40000x120", "0+6000x120"), {"KafkaConsumerLate"}, id="kminion: late"),
]


@pytest.mark.parametrize(("use", "series", "alerts"), TROUBLES)
def test_each_trouble_has_its_alert_and_no_other(tmp_path, use, series, alerts):
    assert names(firing(tmp_path, use, series)) == alerts


@pytest.mark.parametrize(
    ("use", "series"),
    [
        pytest.param(
            PG,
            postgres(
                **PG_RATES,
                **{
                    f"pg_up{{{T}}}": "1x120",
                    f"pg_stat_database_xact_rollback{{{DB}}}": "0+60x120",
                    f'pg_stat_activity_count{{{DB},state="idle"}}': "70x120",
                    f'pg_stat_activity_max_tx_duration{{{DB},state="idle"}}': "9000x120",
                    f"pg_replication_lag_seconds{{{T}}}": "1x120",
                    f'pg_replication_slots_active{{{T},slot_name="s"}}': "1x120",
                    f"pg_stat_archiver_failed_count{{{T}}}": "7x120",
                    f"pg_stat_database_deadlocks{{{DB}}}": "7x120",
                },
            ),
            id="pg",
        ),
        pytest.param(
            PG,
            postgres(
                **{
                    f"pg_stat_database_xact_commit{{{DB}}}": "0+1x120",
                    f"pg_stat_database_xact_rollback{{{DB}}}": "0+1x120",
                    f"pg_stat_database_blks_hit{{{DB}}}": "0+1x120",
                    f"pg_stat_database_blks_read{{{DB}}}": "0+1x120",
                }
            ),
            id="pg with hardly any traffic",
        ),
        pytest.param(
            CACHE, memcached() | gets("0+5400x120", "0+600x120"), id="memcached without a yesterday"
        ),
        pytest.param(
            JMX,
            jmx("cassandra_clientrequest_unavailables_count", "12x120", ',clientrequest="Write"'),
            id="jmx",
        ),
        pytest.param(MCAC, MCAC_ANCHOR | buckets("read", 1000, 1), id="mcac"),
        pytest.param(KAFKA, kafka("120x120", "0+6000x120"), id="kafka"),
        pytest.param(KAFKA, kafka("0x120", "500x120", produced="500x120"), id="kafka without messages"),
        pytest.param(KMINION, kminion("120x120", "0+6000x120"), id="kminion"),
    ],
)
def test_what_is_well_is_silent(tmp_path, use, series):
    assert firing(tmp_path, use, series) == set()


def test_hits_that_fell_since_yesterday_are_told(tmp_path):
    day = 1440
    series = {
        f"memcached_up{{{C}}}": f"1x{2 * day}",
        f"up{{{C}}}": f"1x{2 * day}",
        f'memcached_commands_total{{{C},command="get",status="hit"}}': f"0+540x{day} {540 * day}+300x{day}",
        f'memcached_commands_total{{{C},command="get",status="miss"}}': f"0+60x{day} {60 * day}+300x{day}",
    }
    assert names(firing(tmp_path, CACHE, series, minute=day + 60)) == {"MemcachedHitsFell"}


def published_fires(folder, expr, series, *, minute=60):
    """Whether an alert of a published mixin would have a result."""
    lines = ["  - interval: 1m", "    input_series:"]
    lines += [f"      - {{series: '{name}', values: '{values}'}}" for name, values in series.items()]
    lines += [
        "    promql_expr_test:",
        f"      - {{expr: 'count({expr})', eval_time: {minute}m, exp_samples: []}}",
    ]
    return "SUCCESS" not in unit_test(folder, "\n".join(lines), groups=[])


LATE = postgres(
    **{f"pg_replication_lag_seconds{{{T}}}": "4000x120", f"pg_replication_is_replica{{{T}}}": "1x120"}
)
HELD = postgres(**{f'pg_locks_count{{{DB},mode="accessexclusivelock"}}': "11x120"})
# Three days of hits, then an hour of nothing but misses: the ratio since the start hardly moves.
COLD = postgres(
    **{
        f"pg_stat_database_blks_hit{{{DB}}}": "9e9x60",
        f"pg_stat_database_blks_read{{{DB}}}": "1e6+60000x60",
    }
)
SUDDENLY_SLOW = JMX_ANCHOR | {
    f'cassandra_{of}latency_seconds_{part}{{{T},cassandra_cluster="music",keyspace="plays"}}': values
    for of in ("table_read", "keyspace_read")
    for part, values in (("sum", "1e6+3000x60"), ("count", "1e9+6000x60"))
}


@pytest.mark.parametrize(
    ("published", "use", "series", "ours"),
    [
        pytest.param(
            "(pg_replication_lag > 3600) and on (instance) (pg_replication_is_replica == 1)",
            PG,
            LATE,
            "PostgresqlReplicationLag",
            id="a metric that was renamed",
        ),
        pytest.param(
            'pg_locks_count{mode="ExclusiveLock",granted="f"} > 0',
            PG,
            HELD,
            "PostgresqlExclusiveLocks",
            id="labels that there are not",
        ),
        pytest.param(
            "pg_stat_database_blks_hit / (pg_stat_database_blks_hit + pg_stat_database_blks_read) < 0.9",
            PG,
            COLD,
            "PostgresqlCacheMisses",
            id="a ratio since the server started",
        ),
        pytest.param(
            "sum by (instance) (cassandra_table_readlatency_seconds_sum) "
            "/ sum by (instance) (cassandra_table_readlatency_seconds_count) * 1000 > 200",
            JMX,
            SUDDENLY_SLOW,
            "CassandraSlow",
            id="a mean since the node started",
        ),
    ],
)
def test_where_the_published_alert_is_silent_ours_fires(tmp_path, published, use, series, ours):
    assert not published_fires(tmp_path, published, series)
    assert names(firing(tmp_path, use, series)) == {ours}


def test_where_the_published_alert_fires_for_ever_after_one_error_ours_is_silent(tmp_path):
    series = jmx("cassandra_clientrequest_unavailables_count", "0x9 3x110", ',clientrequest="Write"')
    published = 'sum without (cassandra_cluster) (cassandra_clientrequest_unavailables_count{clientrequest="Write"}) > 1'
    assert published_fires(tmp_path, published, series)
    assert firing(tmp_path, JMX, series) == set()
    assert names(firing(tmp_path, JMX, series, minute=13)) == {"CassandraUnavailable"}


def test_every_service_that_uses_the_store_gets_the_alert_and_no_other(tmp_path):
    other = Use(kind="postgresql", selector={"datname": "lyrics"})
    services = [
        a_service("playlist", slos=(), uses=(PG,)),
        a_service("share", squad="discovery", slos=(), uses=(PG, PG)),
        a_service("lyrics", slos=(), uses=(other,)),
    ]
    series = postgres(**{f"pg_stat_database_deadlocks{{{DB}}}": "0+1x120"})
    found = firing(tmp_path, PG, series, services=services)
    assert found == {("PostgresqlDeadlocks", "playlist"), ("PostgresqlDeadlocks", "share")}


def test_a_label_called_service_finds_a_store_too(tmp_path):
    use = Use(kind="memcached", selector={"service": "cache-main"})
    labels = f'{C},service="cache-main"'
    series = {f"memcached_up{{{labels}}}": "0x120", f"up{{{labels}}}": "1x120"}
    assert firing(tmp_path, use, series) == {("MemcachedDown", "playlist")}


def test_the_number_of_alerts_does_not_grow_with_the_services():
    def stores(count):
        uses = [Use(kind="postgresql", selector={"datname": f"db{number}"}) for number in range(count)]
        return rule_files(a_catalog(*(a_service(f"s{n}", uses=(use,)) for n, use in enumerate(uses))))[
            "stores.yml"
        ]

    assert stores(1) == stores(50)


def test_promtool_finds_nothing_to_complain_about(tmp_path):
    files = rule_files(a_catalog(*(a_service(f"s{number}", uses=(use,)) for number, use in enumerate(EVERY))))
    paths = write_files(tmp_path, {name: text for name, text in files.items() if "tests" not in name})
    said = promtool("check", "rules", "--lint=all", "--lint-fatal", *paths)
    assert said.startswith("0:"), said


def test_an_alert_says_which_store_how_bad_it_is_and_whose(tmp_path):
    write_files(tmp_path, rule_files(a_catalog(a_service(slos=(), uses=(PG,)))))
    series = postgres(**{f'pg_stat_activity_count{{{DB},state="active"}}': "90x120"})
    lines = ["  - interval: 1m", "    input_series:"]
    lines += [f"      - {{series: '{name}', values: '{values}'}}" for name, values in series.items()]
    proof = """
    alert_rule_test:
      - eval_time: 30m
        alertname: PostgresqlConnectionsNearLimit
        exp_alerts:
          - exp_labels: {severity: ticket, squad: playlists, service: playlist, store: postgresql, found_by: datname, use_datname: playlists}
            exp_annotations:
              summary: "playlist: PostgreSQL (datname playlists) uses 92.78% of its connections"
              description: "playlist: PostgreSQL (datname playlists) uses 92.78% of its connections. How many of the \
connections that ordinary users may have are taken? At 100 % new ones are refused. Owner: playlists."
              owner: playlists
              runbook_url: https://runbooks.example/playlist
              dashboard_url: /d/service-playlist
"""
    said = unit_test(tmp_path, "\n".join(lines) + proof, groups=["playlist", group(PG)])
    assert "SUCCESS" in said, said
