"""The outbox as a queue: what is added, who takes it, and how an attempt ends. Each function is part of a transaction.

Two workers never take from one destination at once: a worker locks the lane first, and only then looks what is in it.
Locking deliveries alone would not do: while one worker takes the most urgent, a more urgent one may be recorded,
and the other worker would take that. SKIP LOCKED: nobody waits, a locked lane is being served.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from observatory.adapters.sql.dialects import insert
from observatory.adapters.sql.schema import IN_FLIGHT, LIVE, incidents, lanes, outbox, tallies
from observatory.alerting import NotificationKind, Priority
from observatory.application.delivery import UNFINISHED, Delivery, DeliveryState, trouble_id

Row = sa.Row[*tuple[object, ...]]

IS_PENDING = sa.text("outbox.state = 'pending'")
"""States stand in the statements as text: a database uses a partial index only when it can see its condition."""

_AT_ONCE = 500
"""Incidents in one statement; databases limit how many values it may have."""

URGENCY = (outbox.c.priority, outbox.c.not_before, outbox.c.number)


def delivery(row: Row) -> Delivery:
    """A row of the outbox as what it is."""
    return Delivery(
        notification=replace(row.notification, not_before=row.not_before),
        message=row.message,
        state=row.state,
        attempt=row.attempt,
        worker=row.worker,
        lease_until=row.lease_until,
        channel=row.channel,
        ts=row.ts,
        permalink=row.permalink,
        last_error=row.last_error,
        sent_at=row.sent_at,
        digest=row.digest,
    )


def add(connection: sa.Connection, deliveries: Sequence[Delivery]) -> None:
    """Queue deliveries; a known id and a second live root are left out, as the unique indexes say."""
    if not deliveries:
        return
    destinations = sorted({new.notification.destination for new in deliveries})
    connection.execute(
        insert(connection, lanes).on_conflict_do_nothing(),
        [{"destination": destination} for destination in destinations],
    )
    connection.execute(insert(connection, outbox).on_conflict_do_nothing(), [_row(new) for new in deliveries])
    told = sorted({new.notification.incident for new in deliveries})
    for start in range(0, len(told), _AT_ONCE):
        _supersede(connection, told[start : start + _AT_ONCE])


def most_urgent(connection: sa.Connection, *, now: datetime, limit: int, beyond_slack: bool) -> Sequence[Row]:
    """The first due delivery of each of the most urgent free lanes, which are locked until the transaction ends."""
    among = (outbox.c.destination.contains(":"),) if beyond_slack else ()
    head = _heads(now, *among).subquery("head")
    free = (
        sa.select(lanes.c.destination)
        .join(head, head.c.destination == lanes.c.destination)
        .where(sa.or_(lanes.c.held_until.is_(None), lanes.c.held_until <= now))
        .order_by(head.c.priority, head.c.not_before, head.c.number)
        .limit(limit)
        .with_for_update(of=lanes, skip_locked=True)
    )
    locked = connection.scalars(free).all()
    if not locked:
        return ()
    # A second statement: under READ COMMITTED it sees what was committed before the locks were ours.
    head = _heads(now, outbox.c.destination.in_(locked)).subquery("head")
    query = sa.select(outbox).join(head, head.c.number == outbox.c.number).order_by(*URGENCY)
    return connection.execute(query).all()


def crowded(connection: sa.Connection, *, now: datetime, more_than: int) -> Sequence[str]:
    """The destinations for which more tickets' roots than this are due."""
    number = sa.func.count()
    query = sa.select(outbox.c.destination).where(_due_tickets(now)).group_by(outbox.c.destination)
    return connection.scalars(query.having(number > more_than).order_by(outbox.c.destination)).all()


def fold(
    connection: sa.Connection, destination: str, *, now: datetime, digest: str
) -> tuple[Sequence[Delivery], Sequence[Delivery]]:
    """Digest a lane's waiting tickets: the members there were, and those that join. Nothing while it is being served."""
    free = sa.select(lanes.c.destination).where(lanes.c.destination == destination)
    if connection.scalar(free.with_for_update(skip_locked=True)) is None:
        return (), ()
    waiting = sa.and_(_due_tickets(now), outbox.c.destination == destination)
    joining = connection.execute(sa.select(outbox).where(waiting).order_by(*URGENCY)).all()
    known = connection.execute(members(digest)).all()
    numbers = [row.number for row in joining]
    for start in range(0, len(numbers), _AT_ONCE):
        chosen = outbox.c.number.in_(numbers[start : start + _AT_ONCE])
        connection.execute(outbox.update().where(chosen).values(state=DeliveryState.DIGESTED, digest=digest))
    root, ticket = NotificationKind.ROOT, int(Priority.TICKET)
    if joining:
        tally(connection, DeliveryState.DIGESTED, root, ticket, seconds=0.0, count=len(joining))
    return [delivery(row) for row in known], [delivery(row) for row in joining]


def members(digest: str) -> sa.Select[*tuple[object, ...]]:
    """The roots that a digest tells."""
    told = sa.and_(sa.text("state = 'digested'"), outbox.c.digest == digest)
    return sa.select(outbox).where(told).order_by(outbox.c.number)


def _due_tickets(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        IS_PENDING,
        outbox.c.not_before <= now,
        outbox.c.kind == NotificationKind.ROOT,
        outbox.c.priority == int(Priority.TICKET),
        outbox.c.incident.not_like("digest %"),
    )


def left_behind(connection: sa.Connection, *, now: datetime) -> Sequence[Row]:
    """Attempts of which nobody knows the end, locked until the transaction ends."""
    ambiguous = sa.and_(sa.text("state = 'ambiguous'"), outbox.c.not_before <= now)
    abandoned = sa.and_(sa.text("state = 'sending'"), outbox.c.lease_until <= now)
    query = sa.select(outbox).where(sa.text(IN_FLIGHT), sa.or_(ambiguous, abandoned)).order_by(*URGENCY)
    return connection.execute(query.with_for_update(skip_locked=True)).all()


def take(
    connection: sa.Connection, rows: Sequence[Row], *, worker: str, lease_until: datetime
) -> Sequence[Delivery]:
    """Begin an attempt at each: from now on only this attempt can be settled."""
    taking = outbox.update().where(outbox.c.number.in_([row.number for row in rows]))
    state = DeliveryState.SENDING
    if rows:
        connection.execute(
            taking.values(state=state, attempt=outbox.c.attempt + 1, worker=worker, lease_until=lease_until)
        )
    return [
        replace(delivery(row), state=state, attempt=row.attempt + 1, worker=worker, lease_until=lease_until)
        for row in rows
    ]


def settle(connection: sa.Connection, ended: Delivery, *, rest_until: datetime | None) -> bool:
    """Write how this attempt ended; False when it is not the row's newest."""
    told = ended.notification
    own = sa.and_(outbox.c.delivery_id == told.delivery_id, outbox.c.attempt == ended.attempt)
    before = connection.execute(
        sa.select(outbox.c.state, outbox.c.kind, outbox.c.priority, outbox.c.not_before)
        .where(own)
        .with_for_update()
    ).one_or_none()
    if before is None:
        return False
    connection.execute(outbox.update().where(own).values(_how_it_ended(ended)))
    if before.state in UNFINISHED and ended.state not in UNFINISHED:
        seconds = 0.0 if ended.sent_at is None else (ended.sent_at - before.not_before).total_seconds()
        tally(connection, ended.state, before.kind, before.priority, seconds=seconds)
    if rest_until is not None:
        hold(connection, told.destination, until=rest_until)
    _supersede(connection, [told.incident])
    return True


def prune(connection: sa.Connection, *, before: datetime) -> None:
    """Forget what was told and stands for no incident: digests that no incident is told in, and notices that are over.

    A notice that a channel can't be reached stands until it can: what ends it is that it was told.
    """
    sibling, member = outbox.alias("sibling"), outbox.alias("member")
    has_incident = sa.exists().where(incidents.c.id == outbox.c.incident)
    goes_on = sa.exists().where(
        sibling.c.incident == outbox.c.incident,
        sa.text(f"sibling.{LIVE}"),
        sa.or_(sibling.c.state.in_(UNFINISHED), ~_is_old(sibling, before)),
    )
    has_members = sa.exists().where(
        sa.text("member.state = 'digested'"), member.c.digest == outbox.c.incident
    )
    stands = sa.and_(outbox.c.incident.startswith(trouble_id("")), outbox.c.state == DeliveryState.SENT)
    over = sa.and_(_is_old(outbox, before), ~has_incident, ~goes_on, ~has_members, ~stands)
    gone = connection.scalars(sa.select(outbox.c.number).where(over).with_for_update(of=outbox)).all()
    for start in range(0, len(gone), _AT_ONCE):
        connection.execute(outbox.delete().where(outbox.c.number.in_(gone[start : start + _AT_ONCE])))


def hold(connection: sa.Connection, destination: str, *, until: datetime) -> None:
    """Leave a lane alone until then."""
    statement = insert(connection, lanes).values(destination=destination, held_until=until)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["destination"], set_={"held_until": until})
    )


def tally(
    connection: sa.Connection,
    state: DeliveryState,
    kind: NotificationKind,
    priority: int,
    *,
    seconds: float,
    count: int = 1,
) -> None:
    """Count deliveries that ended in this state."""
    new = {"state": state, "kind": kind, "priority": priority, "count": count, "seconds": seconds}
    statement = insert(connection, tallies).values(new)
    grown = {
        "count": tallies.c.count + statement.excluded.count,
        "seconds": tallies.c.seconds + statement.excluded.seconds,
    }
    keys = ["state", "kind", "priority"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=grown))


def _how_it_ended(ended: Delivery) -> dict[str, object]:
    return {
        "not_before": ended.notification.not_before,
        "state": ended.state,
        "worker": ended.worker,
        "lease_until": None,
        "channel": ended.channel,
        "ts": ended.ts,
        "permalink": ended.permalink,
        "last_error": ended.last_error,
        "sent_at": ended.sent_at,
    }


def _row(new: Delivery) -> dict[str, object]:
    told = new.notification
    return {
        "delivery_id": told.delivery_id,
        "incident": told.incident,
        "destination": told.destination,
        "kind": told.kind,
        "revision": told.revision,
        "priority": told.priority,
        "not_before": told.not_before,
        "deadline": told.deadline,
        "notification": told,
        "message": new.message,
        "state": new.state,
        "attempt": new.attempt,
        "worker": new.worker,
        "lease_until": new.lease_until,
        "channel": new.channel,
        "ts": new.ts,
        "permalink": new.permalink,
        "last_error": new.last_error,
        "sent_at": new.sent_at,
        "digest": new.digest,
    }


def _is_old(table: sa.FromClause, before: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.not_before < before, sa.or_(table.c.sent_at.is_(None), table.c.sent_at < before))


def _heads(now: datetime, *among: sa.ColumnElement[bool]) -> sa.Select[*tuple[object, ...]]:
    """Of every lane with nothing in flight, the number and the urgency of its first due delivery."""
    root, other = outbox.alias("root"), outbox.alias("other")
    waits_for_root = sa.exists().where(
        root.c.incident == outbox.c.incident,
        root.c.destination == outbox.c.destination,
        sa.text("root.kind = 'root' AND root.state = 'pending'"),
    )
    in_flight = sa.exists().where(
        other.c.destination == outbox.c.destination, sa.text("other.state IN ('sending', 'ambiguous')")
    )
    due = sa.and_(
        IS_PENDING,
        *among,
        outbox.c.not_before <= now,
        ~in_flight,
        sa.or_(outbox.c.kind == NotificationKind.ROOT, ~waits_for_root),
    )
    place = sa.func.row_number().over(partition_by=outbox.c.destination, order_by=URGENCY)
    ranked = sa.select(outbox.c.destination, *URGENCY, place.label("place")).where(due).subquery("ranked")
    columns = (ranked.c.destination, ranked.c.priority, ranked.c.not_before, ranked.c.number)
    return sa.select(*columns).where(ranked.c.place == 1)


def _supersede(connection: sa.Connection, told: Sequence[str]) -> None:
    """Only the newest of each incident's updates goes out to each destination."""
    newer = outbox.alias("newer")
    is_newer = sa.exists().where(
        newer.c.incident == outbox.c.incident,
        newer.c.destination == outbox.c.destination,
        newer.c.revision > outbox.c.revision,
        newer.c.kind != NotificationKind.REPLY,
        sa.text(f"newer.{LIVE}"),
    )
    outdated = sa.and_(outbox.c.kind == NotificationKind.UPDATE, IS_PENDING, is_newer)
    gone = connection.execute(
        outbox.update()
        .where(outbox.c.incident.in_(told), outdated)
        .values(state=DeliveryState.SUPERSEDED)
        .returning(outbox.c.priority)
    ).all()
    for priority, count in sorted(Counter(row.priority for row in gone).items()):
        tally(
            connection, DeliveryState.SUPERSEDED, NotificationKind.UPDATE, priority, seconds=0.0, count=count
        )
