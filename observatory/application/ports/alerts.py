"""Where incidents, the outbox, silences and the audit log are kept."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from observatory.alerting import Incident, IncidentState, Silence
from observatory.application.audit import AuditEntry
from observatory.application.delivery import Delivery, Tally


class AlertStore(Protocol):
    """Incidents, the outbox, silences and the audit log, in one database: they change in one transaction or not at all."""

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

    def record(
        self,
        incidents: Sequence[Incident],
        deliveries: Sequence[Delivery],
        *,
        silences: Sequence[Silence] = (),
        audit: Sequence[AuditEntry] = (),
        revisions: Mapping[str, int] | None = None,
    ) -> Collection[str]:
        """Write incidents and silences (insert or replace), new deliveries and audit entries in one transaction.

        `revisions` says on which revision of an incident its change was decided. One that has another by now (somebody
        acknowledged it while a tick was under way) is left alone, with its deliveries and its audit entries.

        A delivery is live unless it is DEAD, FAILED_OVER or SUPERSEDED. One whose id exists already is left alone,
        and so is a root where the same incident and destination have a live one. A pending update becomes
        SUPERSEDED when the same incident and destination have a live update or root of a higher revision.

        Returns:
            The ids of the incidents that were left alone.
        """
        ...

    def silences(self, *, ending_after: datetime | None = None) -> Sequence[Silence]:
        """Those that end (or ended) after a moment, or all; the one that ends first comes first."""
        ...

    def silence(self, silence_id: str) -> Silence | None:
        """One silence, or None when there is none of this id."""
        ...

    def audit(self, *, subject: str | None = None, limit: int = 200) -> Sequence[AuditEntry]:
        """Newest first; `subject` is the id of an incident or of a silence."""
        ...

    def claim(
        self, *, now: datetime, worker: str, lease: timedelta, limit: int, beyond_slack: bool = False
    ) -> Sequence[Delivery]:
        """Take due deliveries (pending, not_before <= now), most urgent first: SENDING, attempt + 1, committed.

        `beyond_slack` leaves Slack's channels alone: only other transports' destinations are served.

        Most urgent: lowest priority, then lowest not_before, then first recorded. At most one per destination, and
        none for a destination that has one in SENDING or AMBIGUOUS or is held (`hold`). An update or a reply waits
        while its own root is PENDING: there is nothing yet to edit or to answer.
        """
        ...

    def unsettled(self, *, now: datetime, worker: str, lease: timedelta) -> Sequence[Delivery]:
        """Take due AMBIGUOUS deliveries and SENDING ones whose lease is over (their worker died): as `claim` does."""
        ...

    def settle(
        self,
        delivery: Delivery,
        *,
        gone: Delivery | None = None,
        then: Sequence[Delivery] = (),
        rest_until: datetime | None = None,
    ) -> bool:
        """Write how an attempt ended, all but the message: state, not_before, error, and where it went.

        `gone` is a root whose message was deleted; it ends in the same transaction, so that one may take its place.
        `rest_until` holds the destination (as `hold` does) in the same transaction.

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

    def waiting(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Due and PENDING, most urgent first; nothing is taken."""
        ...

    def resent(self, *, since: datetime) -> Sequence[Delivery]:
        """SENT since then by a second or later attempt: what may be there twice, newest first."""
        ...

    def fold(
        self,
        *,
        now: datetime,
        more_than: int,
        window: str,
        compose: Callable[[str, Sequence[Delivery], int], Delivery],
    ) -> int:
        """Where more than so many tickets' roots are due and PENDING for a destination, digest them.

        For each such destination, in one transaction: the digest's incident id is `digest {window} {destination}`;
        `compose` is given it, all its members (those that are in it already first) and how many of these were known;
        the roots become DIGESTED, and what `compose` made is recorded. Returns how many became so.
        """
        ...

    def members(self, digest: str) -> Sequence[Delivery]:
        """The DIGESTED roots of a digest, in the order they were recorded."""
        ...

    def tallies(self) -> Sequence[Tally]:
        """What became of every delivery there ever was; neither a restart nor `prune` forgets any."""
        ...

    def root(self, incident_id: str, destination: str) -> Delivery | None:
        """The message that was sent for this incident to this destination, if any."""
        ...

    def prune(self, *, before: datetime) -> None:
        """Forget incidents resolved before, with their deliveries, unless one of these is not final yet.

        Silences that ended before and audit entries from before are forgotten as well, and deliveries of no incident
        (digests, notices) once they are final and older: all of a digest when no incident that it tells is left, and
        the notice that a channel can't be reached (`trouble_id`) when it can be reached again.
        """
        ...
