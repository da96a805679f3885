"""PostgreSQL by postgres_exporter, 0.11 to 0.20.

Where the versions differ, both names are asked for (checked against the sources of v0.11.1, v0.15.0 and v0.20.1):

- `pg_replication_lag` became `pg_replication_lag_seconds`; the mixin that is published with the exporter still
  alerts on the old name, which nothing exposes any more.
- Checkpoints are `pg_stat_bgwriter_checkpoints_*` up to PostgreSQL 16 and `pg_stat_checkpointer_*` from 17.
- `pg_replication_slots_active` kept its name, while `pg_replication_slot_*` was renamed in 0.20.
- `pg_locks_count` spells its modes in lower case and has no label `granted`.
"""

from collections.abc import Sequence

from observatory.outputs.stores.signals import Query, Reader, Signal, Worry, answering

ANCHOR = "pg_stat_database_numbackends"
OWN_LABELS = frozenset({"datname", "datid", "server"})


def signals(r: Reader) -> Sequence[Signal]:
    """From whether it answers down to what it is busy with."""
    return (
        answering(r, "pg_up", name="PostgreSQL", alert="PostgresqlDown"),
        _connections(r),
        _transactions(r),
        _rollbacks(r),
        _longest(r),
        _cache(r),
        _rows(r),
        _deadlocks(r),
        _exclusive_locks(r),
        _locks(r),
        _replication(r),
        _slots(r),
        _archiving(r),
        _wal(r),
        _checkpoints(r),
        _dead_rows(r),
        _size(r),
    )


def _per_server(expr: str) -> str:
    return f"max by (job, instance) ({expr})"


def _connections(r: Reader) -> Signal:
    used = f"sum by (job, instance) ({r.bare('pg_stat_activity_count')})"
    most = _per_server(r.bare("pg_settings_max_connections"))
    reserved = _per_server(r.bare("pg_settings_superuser_reserved_connections"))
    return Signal(
        "connections",
        "Connections in use",
        "How many of the connections that ordinary users may have are taken? At 100 % new ones are refused.",
        "percentunit",
        [Query(r.spread(f"{used} / on (job, instance) ({most} - on (job, instance) {reserved})"))],
        Worry("PostgresqlConnectionsNearLimit", "uses %s of its connections", above=0.8),
    )


def _transactions(r: Reader) -> Signal:
    return Signal(
        "transactions",
        "Transactions",
        "How much work is it asked to do, and how much of it is given up?",
        "ops",
        [
            Query(r.total(r.rate("pg_stat_database_xact_commit")), "committed"),
            Query(r.total(r.rate("pg_stat_database_xact_rollback")), "rolled back"),
        ],
    )


def _rollbacks(r: Reader) -> Signal:
    back = r.total(r.rate("pg_stat_database_xact_rollback"))
    every = f"({back} + {r.total(r.rate('pg_stat_database_xact_commit'))})"
    return Signal(
        "rollbacks",
        "Rolled back",
        "Which share of the transactions fails? Errors and broken deploys of the service show here.",
        "percentunit",
        [Query(f"{back} / ({every} > 0)")],
        Worry("PostgresqlRollbacks", "rolls back %s of its transactions", above=0.1, also=f"{every} > 1"),
    )


def _longest(r: Reader) -> Signal:
    running = r.of("pg_stat_activity_max_tx_duration", 'state!="idle"')
    return Signal(
        "longest",
        "Longest transaction",
        "Is something holding locks and keeping vacuum from its work? Idle in transaction is a bug of a client.",
        "s",
        [Query(r.most(running))],
        Worry("PostgresqlLongTransaction", "has a transaction that runs for %s s", above=300, lasting="2m"),
    )


def _cache(r: Reader) -> Signal:
    hit = r.total(r.rate("pg_stat_database_blks_hit"))
    every = f"({hit} + {r.total(r.rate('pg_stat_database_blks_read'))})"
    return Signal(
        "cache",
        "Cache hits",
        "Which share of the blocks was in memory, now and not since the server started? A fall means disk reads.",
        "percentunit",
        [Query(f"{hit} / ({every} > 0)")],
        Worry(
            "PostgresqlCacheMisses",
            "finds only %s of its blocks in memory",
            below=0.9,
            lasting="15m",
            also=f"{every} > 100",
        ),
    )


def _rows(r: Reader) -> Signal:
    written = " + ".join(
        r.total(r.rate(f"pg_stat_database_tup_{done}")) for done in ("inserted", "updated", "deleted")
    )
    return Signal(
        "rows",
        "Rows",
        "Is it read or written more than usual? Rows returned far above rows fetched are scans without an index.",
        "cps",
        [
            Query(r.total(r.rate("pg_stat_database_tup_returned")), "returned"),
            Query(r.total(r.rate("pg_stat_database_tup_fetched")), "fetched"),
            Query(written, "written"),
        ],
    )


def _deadlocks(r: Reader) -> Signal:
    return Signal(
        "deadlocks",
        "Deadlocks per minute",
        "Do transactions kill each other? Each one is an error for a user.",
        "cpm",
        [Query(f"60 * {r.total(r.rate('pg_stat_database_deadlocks'))}")],
        Worry("PostgresqlDeadlocks", "has %s deadlocks a minute", above=0.2, lasting="10m"),
    )


def _exclusive_locks(r: Reader) -> Signal:
    modes = 'mode=~"exclusivelock|accessexclusivelock"'
    return Signal(
        "exclusive-locks",
        "Exclusive locks",
        "Does a migration or a lock by hand keep everybody else waiting?",
        "short",
        [Query(r.total(r.of("pg_locks_count", modes)))],
        Worry("PostgresqlExclusiveLocks", "holds %s exclusive locks", above=10),
    )


def _locks(r: Reader) -> Signal:
    held = f"sum by (job, instance) ({r.bare('pg_locks_count')})"
    room = (
        f"({_per_server(r.bare('pg_settings_max_locks_per_transaction'))} "
        f"* on (job, instance) {_per_server(r.bare('pg_settings_max_connections'))})"
    )
    return Signal(
        "locks",
        "Lock table in use",
        "How full is the server's table of locks? When it is full, transactions fail with out of shared memory.",
        "percentunit",
        [Query(r.spread(f"{held} / on (job, instance) {room}"))],
        Worry("PostgresqlLocksNearLimit", "uses %s of its lock table", above=0.2),
    )


def _replication(r: Reader) -> Signal:
    lag = f"{r.bare('pg_replication_lag_seconds')} or {r.bare('pg_replication_lag')}"
    return Signal(
        "replication",
        "Replication lag",
        "How old is what a replica answers? 0 on a primary.",
        "s",
        [Query(r.spread(lag))],
        Worry("PostgresqlReplicationLag", "is replicated %s s late", above=30),
    )


def _slots(r: Reader) -> Signal:
    inactive = f"sum by (job, instance) ({r.bare('pg_replication_slots_active')} == bool 0)"
    return Signal(
        "slots",
        "WAL kept for replication slots",
        "Does a slot that nobody reads make the disk fill up?",
        "bytes",
        [
            Query(
                f"{r.bare('pg_replication_slots_pg_wal_lsn_diff')} and on (job, instance) {r.of(ANCHOR)}",
                "{{slot_name}}",
            )
        ],
        Worry(
            "PostgresqlSlotInactive",
            "keeps WAL for %s replication slots that nobody reads",
            above=0,
            lasting="10m",
            expr=r.spread(inactive),
        ),
    )


def _archiving(r: Reader) -> Signal:
    return Signal(
        "archiving",
        "Failed archivings per minute",
        "Are WAL files archived? While they are not, there is no way back to this point in time, and the disk fills.",
        "cpm",
        [Query(r.spread(f"60 * {r.bare_rate('pg_stat_archiver_failed_count')}"))],
        Worry(
            "PostgresqlArchivingFails", "fails to archive its WAL %s times a minute", above=0, lasting="15m"
        ),
    )


def _wal(r: Reader) -> Signal:
    return Signal(
        "wal",
        "WAL on disk",
        "Does the write-ahead log grow? Slots, failing archiving and long transactions keep it.",
        "bytes",
        [Query(r.spread(r.bare("pg_wal_size_bytes")))],
    )


def _checkpoints(r: Reader) -> Signal:
    names = {"timed": ("timed", "num_timed"), "requested": ("req", "num_requested")}
    return Signal(
        "checkpoints",
        "Checkpoints per minute",
        "Is it written to faster than max_wal_size allows? Then checkpoints are requested and not timed.",
        "cpm",
        [
            Query(
                r.spread(
                    f"60 * ({r.bare_rate(f'pg_stat_bgwriter_checkpoints_{old}_total')} "
                    f"or {r.bare_rate(f'pg_stat_checkpointer_{new}_total')})"
                ),
                kind,
            )
            for kind, (old, new) in names.items()
        ],
    )


def _dead_share(r: Reader, *, at: str = "") -> tuple[str, str]:
    """Dead rows of each table, and their share of all of its rows."""
    dead, live = (
        r.most(r.of(f"pg_stat_user_tables_n_{state}_tup") + at, "relname") for state in ("dead", "live")
    )
    return dead, f"{dead} / ({dead} + {live} > 0)"


def _dead_rows(r: Reader) -> Signal:
    dead, share = _dead_share(r)
    _, in_the_end = _dead_share(r, at=" @ end()")
    return Signal(
        "dead-rows",
        "Dead rows, worst tables",
        "Does vacuum keep up? Dead rows make every scan longer.",
        "percentunit",
        [Query(f"({share}) and topk(5, {in_the_end})", "{{relname}}")],
        Worry(
            "PostgresqlVacuumBehind",
            "has a table of which %s is dead rows",
            above=0.2,
            lasting="30m",
            expr=f"({share}) and {dead} > 10000",
        ),
    )


def _size(r: Reader) -> Signal:
    return Signal(
        "size",
        "Size",
        "How much is stored, and does it grow faster than it should?",
        "bytes",
        [Query(r.most(r.of("pg_database_size_bytes")))],
    )
