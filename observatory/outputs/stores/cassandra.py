"""Cassandra, by three exporters that share no name, so a declaration says which one it is.

- `jmx`: the JMX exporter with the configuration of Grafana's integration (names from grafana/jsonnet-libs,
  apache-cassandra-mixin). Its published alerts divide lifetime sums, which soon react to nothing, and compare raw
  counters, which fire for ever after one error; here everything is a rate.
- `mcac`: DataStax's Metric Collector for Apache Cassandra 0.3.5 (names from its dashboards); latencies in µs.
- `instaclustr`: instaclustr's cassandra-exporter 0.9.14 (names from its source).
"""

from collections.abc import Callable, Mapping, Sequence

from observatory.outputs.stores.signals import Query, Reader, Signal, Worry, answering

OWN_LABELS = frozenset(
    {"cluster", "dc", "rack", "cassandra_cluster", "cassandra_datacenter", "cassandra_node", "cassandra_rack"}
    | {"keyspace", "table"}
)
_SLOW = 0.2
"""Seconds."""


def _asked(label: str, kind: str) -> str:
    """A matcher of one kind of request, or of several between bars."""
    return f'{label}{"=~" if "|" in kind else "="}"{kind}"'


def _jmx(r: Reader) -> Sequence[Signal]:
    def requests(metric: str, kind: str = "Read|Write") -> str:
        return r.rate(f"cassandra_clientrequest_{metric}_count", _asked("clientrequest", kind))

    def mean(operation: str) -> str:
        total, count = (
            r.total(r.rate(f"cassandra_keyspace_{operation}latency_seconds_{part}"))
            for part in ("sum", "count")
        )
        return f"{total} / ({count} > 0)"

    hits = r.most(r.of("cassandra_cache_hitrate", 'cache="KeyCache"'))
    blocked = r.of("cassandra_threadpools_currentlyblockedtasks_count", 'threadpools="CompactionExecutor"')
    return (
        _up(r),
        _down_nodes(r.most(r.of("cassandra_down_endpoint_count"))),
        _requests({kind: r.total(requests("latency_seconds", kind)) for kind in ("Read", "Write")}),
        _latency("mean", {"read": mean("read"), "write": mean("write")}),
        _refusals(
            {
                "unavailable": r.total(requests("unavailables")),
                "timed out": r.total(requests("timeouts")),
            }
        ),
        _pending(r.most(r.of("cassandra_compaction_pendingtasks"))),
        _blocked(r.total(blocked)),
        _hints(r.total(r.rate("cassandra_storage_totalhints_count"))),
        _heap(r.total(r.of("jvm_memory_usage_used_bytes", 'area="Heap"'))),
        Signal(
            "gc",
            "Garbage collections per minute",
            "Does the JVM stop the world more often than usual? Long pauses look like nodes that are down.",
            "cpm",
            [Query(f"60 * {r.total(r.rate('jvm_gc_collection_count'))}")],
        ),
        _disk(r.most(r.of("cassandra_storage_load_count"))),
        _key_cache(hits),
    )


def _mcac(r: Reader) -> Sequence[Signal]:
    def requests(metric: str, kind: str = "read|write") -> str:
        return r.rate(f"mcac_client_request_{metric}", _asked("request_type", kind))

    def quantile(kind: str) -> str:
        return f"histogram_quantile(0.99, {r.total(requests('latency_bucket', kind), 'le')}) / 1e6"

    nodes = r.of("mcac_client_connected_native_clients")
    by = ", ".join(r.labels)
    silent = f"count by ({by}) (last_over_time({nodes}[1h])) - count by ({by}) ({nodes})"
    collecting = r.total(r.rate("mcac_jvm_gc_time"))
    return (
        _up(r),
        Signal(
            "down-nodes",
            "Nodes that went silent",
            "How many of the nodes that were there an hour ago report nothing any more?",
            "short",
            [Query(silent, "silent")],
            Worry("CassandraNodesDown", "has %s nodes that went silent", above=0),
        ),
        _requests({kind: r.total(requests("latency_total", kind)) for kind in ("read", "write")}),
        _latency("p99", {kind: quantile(kind) for kind in ("read", "write")}),
        _refusals(
            {
                "unavailable": r.total(requests("unavailables_total")),
                "timed out": r.total(requests("timeouts_total")),
                "failed": r.total(requests("failures_total")),
            }
        ),
        _dropped(r.total(r.rate("mcac_dropped_message_dropped_total"))),
        _pending(r.total(r.of("mcac_table_pending_compactions"))),
        _blocked(r.total(r.rate("mcac_thread_pools_total_blocked_tasks_total"))),
        Signal(
            "hints",
            "Hints on their way",
            "Is one node catching up for another? Hints are written while a replica is down.",
            "short",
            [Query(r.total(r.of("mcac_storage_total_hints_in_progress_total")))],
            Worry("CassandraHints", "has %s hints on their way", above=0),
        ),
        _heap(r.total(r.of("mcac_jvm_memory_used", 'memory_type="heap"'))),
        _collecting(f"{collecting} / 1000"),
        _disk(r.total(r.of("mcac_table_live_disk_space_used_total"))),
        _clients(r.most(nodes)),
    )


def _instaclustr(r: Reader) -> Sequence[Signal]:
    def requests(metric: str, kind: str = "read|write") -> str:
        return r.rate(f"cassandra_client_request_{metric}", _asked("operation", kind))

    def mean(kind: str) -> str:
        total, count = (r.total(requests(f"latency_seconds_{part}", kind)) for part in ("sum", "count"))
        return f"{total} / ({count} > 0)"

    hits, asked = (
        r.total(r.rate(f"cassandra_cache_{what}_total", 'cache="key"')) for what in ("hits", "requests")
    )
    return (
        _up(r),
        _down_nodes(r.total(f"{r.of('cassandra_endpoint_active')} == bool 0")),
        _requests({kind: r.total(requests("latency_seconds_count", kind)) for kind in ("read", "write")}),
        _latency("mean", {kind: mean(kind) for kind in ("read", "write")}),
        _refusals(
            {
                "unavailable": r.total(requests("unavailable_exceptions_total")),
                "timed out": r.total(requests("timeouts_total")),
                "failed": r.total(requests("failures_total")),
            }
        ),
        _dropped(r.total(r.rate("cassandra_dropped_messages_total"))),
        _pending(r.total(r.of("cassandra_table_estimated_pending_compactions"))),
        _blocked(r.total(r.of("cassandra_thread_pool_blocked_tasks"))),
        _hints(r.total(r.rate("cassandra_storage_hints_total"))),
        _heap(r.total(r.of("cassandra_jvm_memory_pool_used_bytes", 'type="HEAP"'))),
        _collecting(r.total(r.rate("cassandra_jvm_gc_estimated_collection_duration_seconds_total"))),
        _disk(r.most(r.of("cassandra_storage_load_bytes"))),
        _clients(r.most(r.of("cassandra_client_native_connections"))),
        _key_cache(f"{hits} / ({asked} > 0)"),
    )


DIALECTS: Mapping[str, tuple[str, Callable[[Reader], Sequence[Signal]]]] = {
    "jmx": ("cassandra_storage_load_count", _jmx),
    "mcac": ("mcac_client_connected_native_clients", _mcac),
    "instaclustr": ("cassandra_storage_load_bytes", _instaclustr),
}
"""Each with a metric that every node has."""


def _up(r: Reader) -> Signal:
    return answering(r, "", name="Cassandra", alert="CassandraDown")


def _per_series(exprs: Mapping[str, str]) -> list[Query]:
    return [Query(expr, f"{{{{instance}}}} {name.lower()}") for name, expr in exprs.items()]


def _down_nodes(expr: str) -> Signal:
    return Signal(
        "down-nodes",
        "Nodes down",
        "How many nodes does each node miss? Where they differ, the network is split.",
        "short",
        [Query(expr)],
        Worry("CassandraNodesDown", "has %s nodes down", above=0),
    )


def _requests(exprs: Mapping[str, str]) -> Signal:
    return Signal(
        "requests",
        "Requests",
        "How much is read and written, through which node?",
        "reqps",
        _per_series(exprs),
    )


def _latency(kind: str, exprs: Mapping[str, str]) -> Signal:
    slowest = " or ".join(
        f'label_replace({expr}, "operation", "{name}", "", "")' for name, expr in exprs.items()
    )
    return Signal(
        "latency",
        f"Latency, {kind}",
        "How long do reads and writes take now? Slow on one node: its disk or its JVM. On all: the data model.",
        "s",
        _per_series(exprs),
        Worry("CassandraSlow", f"takes %s s ({kind}) for a request", above=_SLOW, expr=slowest),
    )


def _refusals(exprs: Mapping[str, str]) -> Signal:
    return Signal(
        "refusals",
        "Requests refused",
        "Are too few replicas there, or too slow? Every one of these is an error for the service.",
        "reqps",
        _per_series(exprs),
        Worry(
            "CassandraUnavailable",
            "refuses %s requests a second for want of replicas",
            above=0,
            lasting="1m",
            expr=exprs["unavailable"],
        ),
    )


def _dropped(expr: str) -> Signal:
    return Signal(
        "dropped",
        "Messages dropped",
        "Do nodes drop work that they have no time for? Then replicas disagree until they are repaired.",
        "cps",
        [Query(expr)],
        Worry("CassandraDropsMessages", "drops %s messages a second", above=0),
    )


def _pending(expr: str) -> Signal:
    return Signal(
        "pending",
        "Compactions pending",
        "Does compaction keep up with what is written? Reads slow down when it does not.",
        "short",
        [Query(expr)],
        Worry("CassandraCompactionsPending", "has %s compactions pending", above=30, lasting="15m"),
    )


def _blocked(expr: str) -> Signal:
    return Signal(
        "blocked",
        "Tasks blocked",
        "Are pools full, so that work waits for room to wait in?",
        "short",
        [Query(expr)],
        Worry("CassandraTasksBlocked", "has %s blocked tasks", above=1),
    )


def _hints(expr: str) -> Signal:
    return Signal(
        "hints",
        "Hints written",
        "Is one node writing down what another one missed? Hints are written while a replica is down.",
        "cps",
        [Query(expr)],
        Worry("CassandraHints", "writes %s hints a second", above=0),
    )


def _heap(expr: str) -> Signal:
    return Signal(
        "heap", "Heap in use", "Does what is left after a collection keep growing?", "bytes", [Query(expr)]
    )


def _collecting(expr: str) -> Signal:
    return Signal(
        "gc",
        "Time in garbage collection",
        "Does the JVM stop the world? Long pauses look like nodes that are down.",
        "percentunit",
        [Query(expr)],
        Worry("CassandraGarbageCollection", "spends %s of its time collecting garbage", above=0.1),
    )


def _disk(expr: str) -> Signal:
    return Signal(
        "disk", "Data on disk", "How much does each node hold, and is it even?", "bytes", [Query(expr)]
    )


def _clients(expr: str) -> Signal:
    return Signal(
        "clients",
        "Clients",
        "Who is connected where? A node without clients is out of balance.",
        "short",
        [Query(expr)],
    )


def _key_cache(expr: str) -> Signal:
    return Signal(
        "key-cache",
        "Key cache hits",
        "Which share of the reads finds its place on disk without a search?",
        "percentunit",
        [Query(expr)],
    )
