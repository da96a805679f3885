"""What each exporter shows of a store that is well or in trouble: made-up series that prove the alerts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from observatory.catalog import Matcher, Use

Series = Mapping[str, str]
"""Series to their values, a minute apart, in promtool's notation."""
_SERVER = {"job": "j", "instance": "i"}
_LONG = 120
"""Minutes."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens, and the one alert that tells of it; none where all is well."""

    name: str
    alert: str
    series: Series


@dataclass(frozen=True, slots=True)
class _Store:
    """Writes the series of the store that a declaration finds."""

    selector: Mapping[str, str]
    own: frozenset[str]
    """Labels that the exporter writes on some metrics only."""

    def of(self, metric: str, values: str, **more: str) -> Series:
        """A series that carries the declared labels."""
        return {_written(metric, _SERVER | dict(self.selector) | more): values}

    def bare(self, metric: str, values: str, **more: str) -> Series:
        """A series of the server as a whole."""
        kept = {name: value for name, value in self.selector.items() if name not in self.own}
        return {_written(metric, _SERVER | kept | more): values}


def _written(metric: str, labels: Mapping[str, str]) -> str:
    return f"{metric}{{{','.join(str(Matcher(k, '=', v)) for k, v in sorted(labels.items()))}}}"


def flat(value: float) -> str:
    """The same all the time."""
    return f"{value:g}x{_LONG}"


def rising(step: float) -> str:
    """By so much a minute."""
    return f"0+{step:g}x{_LONG}"


def troubles_of(use: Use, own: frozenset[str]) -> Sequence[Trouble]:
    """Of the store of a declaration; `own` are labels that its exporter writes on some metrics only."""
    return _PACKS[use.kind, use.dialect](_Store(use.selector, own))


def _postgresql(s: _Store) -> Sequence[Trouble]:
    up = {**s.of("pg_stat_database_numbackends", flat(5)), **s.bare("up", flat(1))}
    limits = {
        **s.bare("pg_settings_max_connections", flat(100)),
        **s.bare("pg_settings_superuser_reserved_connections", flat(3)),
        **s.bare("pg_settings_max_locks_per_transaction", flat(64)),
    }
    work = {
        **s.of("pg_stat_database_xact_commit", rising(6000)),
        **s.of("pg_stat_database_blks_hit", rising(60000)),
        **s.of("pg_stat_database_blks_read", rising(60)),
    }
    well = {**up, **limits, **work}
    dead, live = (f"pg_stat_user_tables_n_{state}_tup" for state in ("dead", "live"))
    table = {**s.of(dead, flat(30000), relname="t"), **s.of(live, flat(60000), relname="t")}
    return (
        Trouble("all is well", "", well),
        Trouble("it is down", "PostgresqlDown", {**well, **s.bare("pg_up", flat(0))}),
        Trouble(
            "connections run out",
            "PostgresqlConnectionsNearLimit",
            {**well, **s.bare("pg_stat_activity_count", flat(80), datname="other", state="idle")},
        ),
        Trouble(
            "transactions are rolled back",
            "PostgresqlRollbacks",
            {**well, **s.of("pg_stat_database_xact_rollback", rising(1000))},
        ),
        Trouble(
            "a transaction never ends",
            "PostgresqlLongTransaction",
            {**well, **s.of("pg_stat_activity_max_tx_duration", flat(301), state="active")},
        ),
        Trouble(
            "everything is read from disk",
            "PostgresqlCacheMisses",
            {**well, **s.of("pg_stat_database_blks_read", rising(30000))},
        ),
        Trouble(
            "transactions lock each other out",
            "PostgresqlDeadlocks",
            {**well, **s.of("pg_stat_database_deadlocks", rising(1))},
        ),
        Trouble(
            "a table is locked",
            "PostgresqlExclusiveLocks",
            {**well, **s.of("pg_locks_count", flat(11), mode="accessexclusivelock")},
        ),
        Trouble(
            "the lock table fills up",
            "PostgresqlLocksNearLimit",
            {**well, **s.bare("pg_locks_count", flat(1300), datname="other", mode="accesssharelock")},
        ),
        Trouble(
            "the standby is late",
            "PostgresqlReplicationLag",
            {**well, **s.bare("pg_replication_lag_seconds", flat(45))},
        ),
        Trouble(
            "a slot has no reader",
            "PostgresqlSlotInactive",
            {**well, **s.bare("pg_replication_slots_active", flat(0), slot_name="s")},
        ),
        Trouble(
            "archiving fails",
            "PostgresqlArchivingFails",
            {**well, **s.bare("pg_stat_archiver_failed_count", rising(1))},
        ),
        Trouble("vacuum is behind", "PostgresqlVacuumBehind", {**well, **table}),
    )


def _memcached(s: _Store) -> Sequence[Trouble]:
    well = {**s.of("memcached_up", flat(1)), **s.of("up", flat(1))}
    busy = {
        **s.of("memcached_current_connections", flat(900)),
        **s.of("memcached_max_connections", flat(1024)),
    }
    small = {
        **s.of("memcached_slab_items_evicted_unfetched_total", rising(60)),
        **s.of("memcached_items_total", rising(300)),
    }
    return (
        Trouble("all is well", "", well),
        Trouble("it is down", "MemcachedDown", {**well, **s.of("memcached_up", flat(0))}),
        Trouble("connections run out", "MemcachedConnectionsNearLimit", {**well, **busy}),
        Trouble(
            "connections are refused",
            "MemcachedRefusesConnections",
            {
                **well,
                **s.of("memcached_connections_rejected_total", rising(1)),
                **s.of("memcached_connections_listener_disabled_total", flat(0)),
            },
        ),
        Trouble("items leave before they are read", "MemcachedTooSmall", {**well, **small}),
        Trouble(
            "items find no memory",
            "MemcachedOutOfMemory",
            {**well, **s.of("memcached_slab_items_outofmemory_total", rising(1))},
        ),
    )


def _jmx(s: _Store) -> Sequence[Trouble]:
    well = {**s.of("cassandra_storage_load_count", flat(1)), **s.bare("up", flat(1))}
    blocked = "cassandra_threadpools_currentlyblockedtasks_count"
    return (
        Trouble("all is well", "", well),
        Trouble("it is down", "CassandraDown", {**well, **s.bare("up", flat(0))}),
        Trouble(
            "a node is down", "CassandraNodesDown", {**well, **s.of("cassandra_down_endpoint_count", flat(1))}
        ),
        Trouble(
            "compactions pile up",
            "CassandraCompactionsPending",
            {**well, **s.of("cassandra_compaction_pendingtasks", flat(31))},
        ),
        Trouble(
            "tasks are blocked",
            "CassandraTasksBlocked",
            {**well, **s.of(blocked, flat(2), threadpools="CompactionExecutor")},
        ),
        Trouble(
            "hints are written",
            "CassandraHints",
            {**well, **s.of("cassandra_storage_totalhints_count", rising(1))},
        ),
        Trouble(
            "requests find too few nodes",
            "CassandraUnavailable",
            {**well, **s.of("cassandra_clientrequest_unavailables_count", rising(1), clientrequest="Write")},
        ),
    )


def _mcac(s: _Store) -> Sequence[Trouble]:
    well = {**s.of("mcac_client_connected_native_clients", flat(1)), **s.bare("up", flat(1))}
    bounds = {"943": 95, "1131752": 100, "+Inf": 100}
    slow = {
        name: values
        for bound, step in bounds.items()
        for name, values in s.of(
            "mcac_client_request_latency_bucket", rising(step), request_type="write", le=bound
        ).items()
    }
    return (
        Trouble("all is well", "", well),
        Trouble("writes are slow", "CassandraSlow", {**well, **slow}),
        Trouble(
            "requests find too few nodes",
            "CassandraUnavailable",
            {**well, **s.of("mcac_client_request_unavailables_total", rising(1), request_type="read")},
        ),
        Trouble(
            "messages are dropped",
            "CassandraDropsMessages",
            {**well, **s.of("mcac_dropped_message_dropped_total", rising(1))},
        ),
        Trouble(
            "compactions pile up",
            "CassandraCompactionsPending",
            {**well, **s.of("mcac_table_pending_compactions", flat(31))},
        ),
        Trouble(
            "garbage is collected all the time",
            "CassandraGarbageCollection",
            {**well, **s.of("mcac_jvm_gc_time", rising(12000))},
        ),
    )


def _instaclustr(s: _Store) -> Sequence[Trouble]:
    well = {**s.of("cassandra_storage_load_bytes", flat(1)), **s.bare("up", flat(1))}
    slow = {
        **s.of("cassandra_client_request_latency_seconds_count", rising(60), operation="read"),
        **s.of("cassandra_client_request_latency_seconds_sum", rising(18), operation="read"),
    }
    refused = "cassandra_client_request_unavailable_exceptions_total"
    return (
        Trouble("all is well", "", well),
        Trouble(
            "a node is down",
            "CassandraNodesDown",
            {**well, **s.of("cassandra_endpoint_active", flat(0), endpoint="b")},
        ),
        Trouble("reads are slow", "CassandraSlow", {**well, **slow}),
        Trouble(
            "requests find too few nodes",
            "CassandraUnavailable",
            {**well, **s.of(refused, rising(1), operation="read")},
        ),
    )


def _kafka_exporter(s: _Store) -> Sequence[Trouble]:
    def seen(lag: str, consumed: str, members: float = 2) -> Series:
        partition = {"topic": "plays", "partition": "0"}
        return {
            **s.bare("up", flat(1)),
            **s.of("kafka_consumergroup_lag", lag, **partition),
            **s.of("kafka_consumergroup_current_offset", consumed, **partition),
            **s.of("kafka_consumergroup_members", flat(members)),
            **s.bare("kafka_topic_partition_current_offset", rising(100), **partition),
        }

    return _of_queues(seen)


def _kminion(s: _Store) -> Sequence[Trouble]:
    def seen(lag: str, consumed: str, members: float = 2) -> Series:
        return {
            **s.bare("up", flat(1)),
            **s.of("kminion_kafka_consumer_group_topic_lag", lag, topic_name="plays"),
            **s.of("kminion_kafka_consumer_group_topic_offset_sum", consumed, topic_name="plays"),
            **s.of("kminion_kafka_consumer_group_members", flat(members)),
        }

    return _of_queues(seen)[:3]


def _of_queues(seen: Callable[..., Series]) -> Sequence[Trouble]:
    return (
        Trouble("all is well", "", seen(flat(120), rising(6000))),
        Trouble("nothing is consumed", "KafkaConsumerStalled", seen(f"10+60x{_LONG}", flat(500))),
        Trouble("consumers are late", "KafkaConsumerLate", seen(flat(40000), rising(6000))),
        Trouble("nobody consumes", "KafkaNoConsumers", seen(flat(0), rising(60), members=0)),
    )


_PACKS: Mapping[tuple[str, str | None], Callable[[_Store], Sequence[Trouble]]] = {
    ("postgresql", None): _postgresql,
    ("memcached", None): _memcached,
    ("cassandra", "jmx"): _jmx,
    ("cassandra", "mcac"): _mcac,
    ("cassandra", "instaclustr"): _instaclustr,
    ("kafka", "kafka_exporter"): _kafka_exporter,
    ("kafka", "kminion"): _kminion,
}
