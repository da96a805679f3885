"""memcached by memcached_exporter (names from the source of v0.16)."""

from collections.abc import Sequence

from observatory.outputs.stores.signals import Query, Reader, Signal, Worry, answering

ANCHOR = "memcached_up"
OWN_LABELS: frozenset[str] = frozenset()


def signals(r: Reader) -> Sequence[Signal]:
    """Whether it answers, whether it helps, and what it lacks."""
    return (
        answering(r, "memcached_up", name="memcached", alert="MemcachedDown"),
        _hits(r),
        _commands(r),
        _connections(r),
        _refused(r),
        _memory(r),
        _evictions(r),
        _no_memory(r),
        _items(r),
        _traffic(r),
        _cpu(r),
        _uptime(r),
    )


def _hits(r: Reader) -> Signal:
    def ratio(ago: str = "") -> str:
        rate = f"rate({{}}[{r.window}]{ago})"
        hit = r.total(rate.format(r.of("memcached_commands_total", 'command="get",status="hit"')))
        every = r.total(rate.format(r.of("memcached_commands_total", 'command="get"')))
        return f"{hit} / ({every} > 0)"

    gets = r.total(r.rate("memcached_commands_total", 'command="get"'))
    return Signal(
        "hits",
        "Hits",
        "Which share of the reads does the cache answer? What it does not answer, the database has to. "
        "The dashed line is the same time yesterday.",
        "percentunit",
        [Query(ratio(), "now"), Query(ratio(" offset 1d"), "a day ago")],
        Worry(
            "MemcachedHitsFell",
            "answers only %s of what it answered at this time yesterday",
            below=0.8,
            lasting="15m",
            also=f"{gets} > 1",
            expr=f"({ratio()}) / ({ratio(' offset 1d')})",
        ),
        compared=("a day ago",),
    )


def _commands(r: Reader) -> Signal:
    return Signal(
        "commands",
        "Commands",
        "What is it asked, and with which outcome?",
        "ops",
        [
            Query(
                f"sum by (command, status) ({r.rate('memcached_commands_total')}) > 0",
                "{{command}} {{status}}",
            )
        ],
    )


def _connections(r: Reader) -> Signal:
    ratio = f"{r.most(r.of('memcached_current_connections'))} / {r.most(r.of('memcached_max_connections'))}"
    return Signal(
        "connections",
        "Connections in use",
        "How many of the connections are taken? At 100 % clients wait or are refused.",
        "percentunit",
        [Query(ratio)],
        Worry("MemcachedConnectionsNearLimit", "uses %s of its connections", above=0.8, lasting="15m"),
    )


def _refused(r: Reader) -> Signal:
    refused = (
        f"60 * ({r.total(r.rate('memcached_connections_rejected_total'))} "
        f"+ {r.total(r.rate('memcached_connections_listener_disabled_total'))})"
    )
    return Signal(
        "refused",
        "Refused connections per minute",
        "Were clients turned away because every connection was taken?",
        "cpm",
        [Query(refused)],
        Worry("MemcachedRefusesConnections", "refuses %s connections a minute", above=0),
    )


def _memory(r: Reader) -> Signal:
    return Signal(
        "memory",
        "Memory in use",
        "Is it full? A full cache is no harm in itself: see what it evicts.",
        "percentunit",
        [Query(f"{r.most(r.of('memcached_current_bytes'))} / {r.most(r.of('memcached_limit_bytes'))}")],
    )


def _evictions(r: Reader) -> Signal:
    unread = r.total(r.rate("memcached_slab_items_evicted_unfetched_total"))
    stored = r.total(r.rate("memcached_items_total"))
    return Signal(
        "evictions",
        "Evictions",
        "Is it too small? Items that are evicted before anybody read them were stored in vain.",
        "cps",
        [
            Query(r.total(r.rate("memcached_items_evicted_total")), "evicted"),
            Query(unread, "evicted unread"),
            Query(r.total(r.rate("memcached_items_reclaimed_total")), "expired and reused"),
        ],
        Worry(
            "MemcachedTooSmall",
            "evicts %s of what it stores before anybody reads it",
            above=0.1,
            lasting="15m",
            expr=f"{unread} / ({stored} > 1)",
        ),
    )


def _no_memory(r: Reader) -> Signal:
    failed = f"60 * {r.total(r.rate('memcached_slab_items_outofmemory_total'))}"
    return Signal(
        "no-memory",
        "Items without room per minute",
        "Could items not be stored at all? Sizes that changed need other slabs than those that took the memory.",
        "cpm",
        [Query(failed)],
        Worry("MemcachedOutOfMemory", "has no room for %s items a minute", above=0, lasting="15m"),
    )


def _items(r: Reader) -> Signal:
    return Signal(
        "items",
        "Items",
        "How much is cached? A sudden fall is a restart or a flush.",
        "short",
        [Query(r.most(r.of("memcached_current_items")))],
    )


def _traffic(r: Reader) -> Signal:
    return Signal(
        "traffic",
        "Bytes",
        "Is the network the limit? One hot, large key can fill it.",
        "Bps",
        [
            Query(r.total(r.rate("memcached_written_bytes_total")), "sent"),
            Query(r.total(r.rate("memcached_read_bytes_total")), "received"),
        ],
    )


def _cpu(r: Reader) -> Signal:
    return Signal(
        "cpu",
        "CPU cores in use",
        "Is it busy? It rarely is: look for connections that come and go.",
        "short",
        [
            Query(
                f"{r.total(r.rate('memcached_process_user_cpu_seconds_total'))} "
                f"+ {r.total(r.rate('memcached_process_system_cpu_seconds_total'))}"
            )
        ],
    )


def _uptime(r: Reader) -> Signal:
    return Signal(
        "uptime",
        "Up since its last restart",
        "Did it restart? Then it began empty, and the database carried the load.",
        "s",
        [Query(r.most(r.of("memcached_uptime_seconds")))],
    )
