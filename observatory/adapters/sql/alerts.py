"""Incidents and the outbox in the database."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from observatory.adapters.sql import people, queue
from observatory.adapters.sql.dialects import insert
from observatory.adapters.sql.engine import Fence, reading, unfenced, writing
from observatory.adapters.sql.schema import UNFINISHED, incidents, outbox, silences, tallies
from observatory.alerting import Incident, IncidentState, Silence
from observatory.application.audit import AuditEntry
from observatory.application.delivery import Delivery, DeliveryState, Tally, digest_id


class SqlAlerts:
    """`AlertStore` in SQLite or PostgreSQL; every method is one transaction.

    Raises:
        Unavailable: the database does not answer, or not in time. What was to be written may be done again:
            recording twice is recording once, a lost claim comes back when its lease ends, and a settlement that was
            written is written again as it is.
        Refused: it said no.
    """

    def __init__(self, engine: sa.Engine, *, fence: Fence = unfenced) -> None:
        """`fence` is asked in every transaction that records, so that only who may record does."""
        self._engine, self._fence = engine, fence

    def incidents(
        self,
        *,
        states: Sequence[IncidentState] | None = None,
        squad: str | None = None,
        slo: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Sequence[Incident]:
        """Newest first."""
        table = incidents.c
        query = sa.select(table.body).order_by(table.opened_at.desc(), table.id.desc()).limit(limit)
        if states is not None:
            query = query.where(table.state.in_(states))
        if squad is not None:
            query = query.where(table.squad == squad)
        if slo is not None:
            query = query.where(table.slo == slo)
        if since is not None:
            query = query.where(table.updated_at >= since)
        with reading(self._engine) as connection:
            return connection.scalars(query).all()

    def incident(self, incident_id: str) -> Incident | None:
        """One incident, or None."""
        with reading(self._engine) as connection:
            return connection.scalar(sa.select(incidents.c.body).where(incidents.c.id == incident_id))

    def record(
        self,
        incidents: Sequence[Incident],
        deliveries: Sequence[Delivery],
        *,
        silences: Sequence[Silence] = (),
        audit: Sequence[AuditEntry] = (),
        revisions: Mapping[str, int] | None = None,
    ) -> Collection[str]:
        """Write everything, or nothing; what moved on since it was decided is left alone."""
        if not incidents and not deliveries and not silences and not audit:
            return frozenset()
        with writing(self._engine) as connection:
            self._fence(connection)
            moved_on = _moved_on(connection, revisions or {})
            _write_incidents(connection, [one for one in incidents if one.id not in moved_on])
            queue.add(connection, [one for one in deliveries if one.notification.subject not in moved_on])
            people.write_silences(connection, silences)
            people.write_audit(connection, audit, without=moved_on)
            return moved_on

    def silences(self, *, ending_after: datetime | None = None) -> Sequence[Silence]:
        """First the one that ends first."""
        with reading(self._engine) as connection:
            return connection.scalars(people.silences_query(ending_after)).all()

    def silence(self, silence_id: str) -> Silence | None:
        """One silence, or None."""
        with reading(self._engine) as connection:
            return connection.scalar(sa.select(silences.c.body).where(silences.c.id == silence_id))

    def audit(self, *, subject: str | None = None, limit: int = 200) -> Sequence[AuditEntry]:
        """Newest first."""
        with reading(self._engine) as connection:
            return connection.scalars(people.audit_query(subject, limit)).all()

    def claim(
        self, *, now: datetime, worker: str, lease: timedelta, limit: int, beyond_slack: bool = False
    ) -> Sequence[Delivery]:
        """Take the most urgent delivery of each free destination."""
        with writing(self._engine) as connection:
            rows = queue.most_urgent(connection, now=now, limit=limit, beyond_slack=beyond_slack)
            return queue.take(connection, rows, worker=worker, lease_until=now + lease)

    def unsettled(self, *, now: datetime, worker: str, lease: timedelta) -> Sequence[Delivery]:
        """Take what is due for another look."""
        with writing(self._engine) as connection:
            rows = queue.left_behind(connection, now=now)
            return queue.take(connection, rows, worker=worker, lease_until=now + lease)

    def settle(
        self,
        delivery: Delivery,
        *,
        gone: Delivery | None = None,
        then: Sequence[Delivery] = (),
        rest_until: datetime | None = None,
    ) -> bool:
        """Write how an attempt ended, unless a later attempt has begun."""
        with writing(self._engine) as connection:
            if not queue.settle(connection, delivery, rest_until=rest_until):
                return False
            if gone is not None:
                queue.settle(connection, gone, rest_until=None)
            queue.add(connection, then)
            return True

    def hold(self, destination: str, *, until: datetime) -> None:
        """Leave a destination alone for a while."""
        with writing(self._engine) as connection:
            queue.hold(connection, destination, until=until)

    def deliveries(self, *, incident: str | None = None, limit: int = 200) -> Sequence[Delivery]:
        """Newest first."""
        query = sa.select(outbox).order_by(outbox.c.number.desc()).limit(limit)
        if incident is not None:
            query = query.where(outbox.c.incident == incident)
        return self._found(query)

    def overdue(self, *, now: datetime) -> Sequence[Delivery]:
        """Deliveries that are not final and past their deadline, oldest deadline first."""
        late = sa.and_(sa.text(UNFINISHED), outbox.c.deadline < now)
        return self._found(sa.select(outbox).where(late).order_by(outbox.c.deadline, outbox.c.number))

    def waiting(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Due and PENDING, most urgent first."""
        due = sa.and_(queue.IS_PENDING, outbox.c.not_before <= now)
        return self._found(sa.select(outbox).where(due).order_by(*queue.URGENCY).limit(limit))

    def resent(self, *, since: datetime) -> Sequence[Delivery]:
        """SENT since then by a second or later attempt, newest first."""
        again = sa.and_(sa.text("state = 'sent' AND attempt > 1"), outbox.c.sent_at >= since)
        return self._found(sa.select(outbox).where(again).order_by(outbox.c.sent_at.desc()))

    def fold(
        self,
        *,
        now: datetime,
        more_than: int,
        window: str,
        compose: Callable[[str, Sequence[Delivery], int], Delivery],
    ) -> int:
        """Digest what crowds a destination; one transaction each."""
        with reading(self._engine) as connection:
            lanes = queue.crowded(connection, now=now, more_than=more_than)
        folded = 0
        for lane in lanes:
            digest = digest_id(window, lane)
            with writing(self._engine) as connection:
                known, joining = queue.fold(connection, lane, now=now, digest=digest)
                if joining:
                    queue.add(connection, [compose(digest, [*known, *joining], len(known))])
                folded += len(joining)
        return folded

    def members(self, digest: str) -> Sequence[Delivery]:
        """The DIGESTED roots of a digest."""
        return self._found(queue.members(digest))

    def tallies(self) -> Sequence[Tally]:
        """What became of every delivery."""
        query = sa.select(tallies).order_by(tallies.c.state, tallies.c.kind, tallies.c.priority)
        with reading(self._engine) as connection:
            return [Tally(*row) for row in connection.execute(query)]

    def root(self, incident_id: str, destination: str) -> Delivery | None:
        """The message that was sent for this incident to this destination, if any."""
        query = sa.select(outbox).where(
            outbox.c.incident == incident_id,
            outbox.c.destination == destination,
            sa.text("kind = 'root'"),
            outbox.c.state == DeliveryState.SENT,
        )
        return next(iter(self._found(query)), None)

    def prune(self, *, before: datetime) -> None:
        """Forget what is long over."""
        table = incidents.c
        unfinished = sa.select(outbox.c.incident).where(sa.text(UNFINISHED))
        old = sa.select(table.id).where(
            table.state == IncidentState.RESOLVED, table.resolved_at < before, table.id.not_in(unfinished)
        )
        with writing(self._engine) as connection:
            gone = connection.scalars(old.with_for_update()).all()
            for chunk in (gone[start : start + 500] for start in range(0, len(gone), 500)):
                connection.execute(outbox.delete().where(outbox.c.incident.in_(chunk)))
                connection.execute(incidents.delete().where(table.id.in_(chunk)))
            queue.prune(connection, before=before)
            people.prune(connection, before=before)

    def _found(self, query: sa.Select[*tuple[object, ...]]) -> Sequence[Delivery]:
        with reading(self._engine) as connection:
            return [queue.delivery(row) for row in connection.execute(query)]


def _moved_on(connection: sa.Connection, revisions: Mapping[str, int]) -> frozenset[str]:
    """The incidents that have another revision than this by now; all are locked until the transaction ends."""
    known = sa.select(incidents.c.body).where(incidents.c.id.in_(revisions)).order_by(incidents.c.id)
    found = connection.scalars(known.with_for_update()) if revisions else ()
    return frozenset(one.id for one in found if one.revision != revisions[one.id])


def _write_incidents(connection: sa.Connection, changed: Sequence[Incident]) -> None:
    rows = [
        {
            "id": incident.id,
            "slo": incident.slo,
            "squad": incident.squad,
            "state": incident.state,
            "opened_at": incident.opened_at,
            "updated_at": incident.updated_at,
            "resolved_at": incident.resolved_at,
            "body": incident,
        }
        for incident in sorted(changed, key=lambda incident: incident.id)  # one order of locks for everyone
    ]
    if rows:
        statement = insert(connection, incidents)
        replacing = {name: statement.excluded[name] for name in rows[0] if name != "id"}
        connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=replacing), rows)
