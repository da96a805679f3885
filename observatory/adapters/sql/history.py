"""The history in the database: packed blocks, appended, and merged when many have gathered.

A row holds what one `save` brought of one block, a span of 60 bucket lengths on the clock: a tick adds one small row,
a backfill one row for each block, and neither touches a row that is there. Of cells written twice the row with the
higher number counts. When a block has gathered as many rows as buckets fit into it they are merged into one: half the
bytes, and half the time to load.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import sqlalchemy as sa

from observatory.adapters.sql.blocks import cut, in_order, overlaid
from observatory.adapters.sql.dialects import insert, one_at_a_time
from observatory.adapters.sql.engine import Fence, reading, unfenced, writing
from observatory.adapters.sql.schema import history_blocks, history_coverage
from observatory.application.ports import Kept
from observatory.errors import DefinitionError, Refused
from observatory.measurement import Buckets
from observatory.measurement.packing import pack, packed_slos, unpack

T = TypeVar("T")
Row = sa.Row[*tuple[object, ...]]

BUCKETS_PER_BLOCK = 60
ROWS_PER_BLOCK = 60
"""A block that has gathered so many rows is merged: an hour of ticks, when the tick is a minute."""
UNPACKING = 2
"""Rows at a time: whoever uses them is no faster than that."""
UNPACKED_AHEAD = 4
"""Rows; each may take 30 MB."""


class SqlHistory:
    """`HistoryStore` in SQLite or PostgreSQL; every method is one transaction.

    Raises:
        Unavailable: the database does not answer, or not in time; nothing was written.
        Refused: it said no, or a row is damaged.
    """

    def __init__(self, engine: sa.Engine, *, fence: Fence = unfenced) -> None:
        self._engine, self._fence = engine, fence

    def save(self, buckets: Buckets) -> None:
        """Replace the cells given."""
        rows = [_row(buckets.seconds, block, part) for block, part in _by_block(in_order(buckets))]
        if not rows:
            return
        with writing(self._engine) as connection:
            self._fence(connection)
            one_at_a_time(connection, "history")
            connection.execute(history_blocks.insert(), rows)
            for block in _crowded(connection, buckets.seconds, [row["block"] for row in rows]):
                _merge(connection, buckets.seconds, block)

    def load(self, *, seconds: int, after: int, until: int) -> Buckets | None:
        """The cells in the span; None when there are none."""
        return overlaid(self.parts(seconds=seconds, after=after, until=until).parts)

    def parts(self, *, seconds: int, after: int, until: int) -> Kept:
        """The rows that have cells in the span."""
        table = history_blocks.c
        query = (
            sa.select(table.number, table.payload)
            .where(
                table.seconds == seconds,
                table.block.between(_block_of(after + 1, seconds), _block_of(until, seconds)),
                table.last_end > after,
                table.first_end <= until,
            )
            .order_by(table.number)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        every = {_read(packed_slos, row) for row in rows}  # most rows have the same
        slos = tuple(sorted(set().union(*every)))
        found = (cut(part, after=after, until=until) for part in _ahead(rows))
        return Kept(slos, (part for part in found if len(part.ends)))

    def news(self, *, after: int | None) -> tuple[int, Sequence[Buckets]]:
        """Every row since; they are committed in the order of their numbers, since one writes at a time."""
        number = history_blocks.c.number
        with reading(self._engine) as connection:
            if after is None:
                return connection.scalar(sa.select(sa.func.max(number))) or 0, ()
            query = sa.select(number, history_blocks.c.payload).where(number > after).order_by(number)
            rows = connection.execute(query).all()
        return max((row.number for row in rows), default=after), [_unpacked(row) for row in rows]

    def ends(self, *, seconds: int) -> tuple[int, int] | None:
        """The oldest and the newest bucket end of this length."""
        table = history_blocks.c
        query = sa.select(sa.func.min(table.first_end), sa.func.max(table.last_end)).where(
            table.seconds == seconds
        )
        with reading(self._engine) as connection:
            oldest, newest = connection.execute(query).one()
        return None if oldest is None else (oldest, newest)

    def covered_from(self) -> dict[str, int]:
        """By SLO, the Unix second from which its history is complete."""
        with reading(self._engine) as connection:
            return {row.slo: row.since for row in connection.execute(sa.select(history_coverage))}

    def mark_covered(self, slos: Sequence[str], *, since: int) -> None:
        """Remember it, replacing what was known."""
        if not slos:
            return
        rows = [{"slo": slo, "since": since} for slo in sorted(set(slos))]
        with writing(self._engine) as connection:
            self._fence(connection)
            statement = insert(connection, history_coverage)
            replacing = statement.on_conflict_do_update(
                index_elements=["slo"], set_={"since": statement.excluded.since}
            )
            connection.execute(replacing, rows)

    def prune(self, *, seconds: int, before: int) -> None:
        """Forget cells that ended before; a row that holds older and newer ones is cut in its place."""
        table = history_blocks.c
        level = table.seconds == seconds
        straddling = sa.select(table.number, table.payload).where(
            level, table.first_end < before, table.last_end >= before
        )
        with writing(self._engine) as connection:
            self._fence(connection)
            one_at_a_time(connection, "history")
            connection.execute(history_blocks.delete().where(level, table.last_end < before))
            for row in connection.execute(straddling).all():
                kept = cut(_unpacked(row), after=before - 1)
                values = {"first_end": int(kept.ends[0]), "payload": pack(kept)}
                connection.execute(history_blocks.update().where(table.number == row.number).values(values))


def _block_of(end: int, seconds: int) -> int:
    return (end - 1) // (seconds * BUCKETS_PER_BLOCK)


def _by_block(buckets: Buckets) -> Iterator[tuple[int, Buckets]]:
    if not buckets.slos:
        return
    blocks = (buckets.ends - 1) // (buckets.seconds * BUCKETS_PER_BLOCK)
    for block in np.unique(blocks).tolist():
        ends = buckets.ends[blocks == block]
        yield block, cut(buckets, after=int(ends[0]) - 1, until=int(ends[-1]))


def _row(seconds: int, block: int, buckets: Buckets) -> dict[str, object]:
    return {
        "seconds": seconds,
        "block": block,
        "first_end": int(buckets.ends[0]),
        "last_end": int(buckets.ends[-1]),
        "payload": pack(buckets),
    }


def _ahead(rows: Sequence[Row]) -> Iterator[Buckets]:
    """Their buckets, a few unpacked while those before are used: Zstandard and numpy leave the interpreter's lock."""
    with ThreadPoolExecutor(UNPACKING) as threads:
        waiting: deque[Future[Buckets]] = deque()
        for row in rows:
            waiting.append(threads.submit(_unpacked, row))
            if len(waiting) > UNPACKED_AHEAD:
                yield waiting.popleft().result()
        yield from (one.result() for one in waiting)


def _unpacked(row: Row) -> Buckets:
    return _read(unpack, row)


def _read(read: Callable[[bytes], T], row: Row) -> T:
    try:
        return read(row.payload)
    except DefinitionError as error:
        raise Refused(f"row {row.number} of history_blocks: {error}", code="damaged") from error


def _crowded(connection: sa.Connection, seconds: int, blocks: Sequence[object]) -> Sequence[int]:
    table = history_blocks.c
    query = (
        sa.select(table.block)
        .where(table.seconds == seconds, table.block.in_(blocks))
        .group_by(table.block)
        .having(sa.func.count() >= ROWS_PER_BLOCK)
    )
    return connection.scalars(query).all()


def _merge(connection: sa.Connection, seconds: int, block: int) -> None:
    """One row in place of many. It is added before they go: SQLite would give it a number that was read already."""
    table = history_blocks.c
    of_block = sa.and_(table.seconds == seconds, table.block == block)
    query = sa.select(table.number, table.payload).where(of_block).order_by(table.number)
    rows = connection.execute(query).all()
    merged = overlaid(_unpacked(row) for row in rows)
    if merged is not None:
        connection.execute(history_blocks.insert(), _row(seconds, block, merged))
        connection.execute(history_blocks.delete().where(of_block, table.number <= rows[-1].number))
