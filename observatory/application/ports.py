"""What the use cases need of the outside world; each port has a real adapter and an in-memory one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from observatory.alerting import Incident, IncidentState
from observatory.application.delivery import Delivery
from observatory.measurement import Answer, Buckets
from observatory.outputs.message import Message


class Clock(Protocol):
    """The time, aware and in UTC."""

    def now(self) -> datetime:
        """This moment."""
        ...


class MetricsSource(Protocol):
    """Anything that speaks Prometheus's query API."""

    def query_range(self, promql: str, *, start: int, end: int, step: int, timeout: timedelta) -> Answer:
        """Evaluate at start, start + step, … end (Unix seconds). start == end is an instant query.

        Raises:
            Refused: Prometheus understood and said no (a bad query: 400, 422).
            Unavailable: it could not be reached, timed out, or answered 5xx or half a body.
        """
        ...


class HistoryStore(Protocol):
    """Buckets that outlive the process, and outlive Prometheus's retention."""

    def save(self, buckets: Buckets) -> None:
        """Write in one transaction. A cell (seconds, end, slo) that exists is replaced: saving twice changes nothing."""
        ...

    def load(self, *, seconds: int, after: int, until: int) -> Buckets | None:
        """Every bucket of this length with after < end <= until; cells never saved have measured = idle = 0."""
        ...

    def ends(self, *, seconds: int) -> tuple[int, int] | None:
        """The oldest and the newest bucket end of this length."""
        ...

    def covered_from(self) -> dict[str, int]:
        """For every SLO ever backfilled: the Unix second from which its history is complete."""
        ...

    def mark_covered(self, slos: Sequence[str], *, since: int) -> None:
        """Remember that these SLOs' history is complete from `since`."""
        ...

    def prune(self, *, seconds: int, before: int) -> None:
        """Forget buckets of this length that ended before."""
        ...


class AlertStore(Protocol):
    """Incidents and the outbox, in one database, so that both change in one transaction or neither does."""

    def incidents(
        self,
        *,
        states: Sequence[IncidentState] | None = None,
        squad: str | None = None,
        slo: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Sequence[Incident]:
        """Newest first. `since` compares updated_at."""
        ...

    def incident(self, incident_id: str) -> Incident | None:
        """One incident, or None when there is none of this id."""
        ...

    def record(self, incidents: Sequence[Incident], deliveries: Sequence[Delivery]) -> None:
        """Write incidents (insert or replace) and new deliveries in one transaction.

        A delivery is live unless it is DEAD, FAILED_OVER or SUPERSEDED. One whose id exists already is left alone,
        and so is a root where the same incident and destination have a live one. A pending update becomes
        SUPERSEDED when the same incident and destination have a live update or root of a higher revision.
        """
        ...

    def claim(self, *, now: datetime, worker: str, lease: timedelta, limit: int) -> Sequence[Delivery]:
        """Take due deliveries (pending, not_before <= now), most urgent first: SENDING, attempt + 1, committed.

        Most urgent: lowest priority, then lowest not_before, then first recorded. At most one per destination, and
        none for a destination that has one in SENDING or AMBIGUOUS or is held (`hold`). An update or a reply waits
        while its own root is PENDING: there is nothing yet to edit or to answer.
        """
        ...

    def unsettled(self, *, now: datetime, worker: str, lease: timedelta) -> Sequence[Delivery]:
        """Take due AMBIGUOUS deliveries and SENDING ones whose lease is over (their worker died): as `claim` does."""
        ...

    def settle(self, delivery: Delivery, *, then: Sequence[Delivery] = ()) -> bool:
        """Write how an attempt ended, all but the message: state, not_before, error, and where it went.

        A root that was SENT may be settled again: it moves to a new `ts` when its message was deleted.
        `then` are deliveries that take its place (a fallback's), recorded in the same transaction, so that no crash
        can come between the end of the one and the beginning of the other.

        Returns:
            False, and nothing is written, when `attempt` is not the row's own any more.
        """
        ...

    def hold(self, destination: str, *, until: datetime) -> None:
        """Claim nothing for this destination before `until`, by any worker: Slack said when to come back."""
        ...

    def deliveries(self, *, incident: str | None = None, limit: int = 200) -> Sequence[Delivery]:
        """Newest first."""
        ...

    def overdue(self, *, now: datetime) -> Sequence[Delivery]:
        """Deliveries that are not final and past their deadline, oldest deadline first."""
        ...

    def root(self, incident_id: str, destination: str) -> Delivery | None:
        """The message that was sent for this incident to this destination, if any."""
        ...

    def prune(self, *, before: datetime) -> None:
        """Forget incidents resolved before, with their deliveries, unless one of these is not final yet."""
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """Slack's answer: where the message is."""

    channel: str
    ts: str
    permalink: str | None = None


class Messenger(Protocol):
    """Slack, or something that looks like it."""

    def post(
        self, channel: str, message: Message, *, delivery_id: str, thread_ts: str | None = None
    ) -> Posted:
        """Post a message, carrying the delivery id in its metadata.

        Raises:
            RateLimited, Refused: nothing was posted; `code` is Slack's error.
            Ambiguous: bytes left us and no answer came: it may have been posted.
            Unavailable: nothing left us.
        """
        ...

    def update(self, channel: str, ts: str, message: Message, *, delivery_id: str) -> Posted:
        """Edit a message in place; raises as `post` does."""
        ...

    def find(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Look in the channel's history (or a thread) for the message that carries this delivery id.

        Raises:
            RateLimited, Refused, Unavailable: the history can't be read now.
        """
        ...


class Documents(Protocol):
    """A folder of generated files."""

    def read(self) -> dict[str, str]:
        """Every file below it, by its path relative to the folder."""
        ...

    def write(self, files: dict[str, str], *, remove: Sequence[str] = ()) -> None:
        """Write files, then remove the named ones."""
        ...
