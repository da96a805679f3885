"""What the use cases need of the outside world; each port has a real adapter and an in-memory one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from observatory.alerting import Incident, IncidentState, Silence
from observatory.application.audit import AuditEntry
from observatory.application.delivery import Delivery
from observatory.measurement import Answer, Buckets
from observatory.outputs.message import Message
from observatory.outputs.shipping import Dashboard, Folder, Rule, RuleGroup


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
        """Forget incidents resolved before, with their deliveries, unless one of these is not final yet.

        Silences that ended before and audit entries from before are forgotten as well.
        """
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


@dataclass(frozen=True, slots=True)
class SavedDashboard:
    """A dashboard as Grafana keeps it; `folder_uid` is empty for the root."""

    text: str
    version: int
    folder_uid: str
    provisioned: bool
    """It comes from a file on Grafana's machine; Grafana refuses to save or remove it."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The newest entry of a dashboard's version history."""

    version: int
    by: str
    at: datetime
    message: str


class DashboardServer(Protocol):
    """A Grafana. Every method raises Refused (401 and 403, too), Unavailable, or Ambiguous when it changes something."""

    def has_folder(self, uid: str) -> bool:
        """Whether there is a folder of this uid."""
        ...

    def create_folder(self, folder: Folder) -> None:
        """Make a folder in the root."""
        ...

    def dashboard(self, uid: str) -> SavedDashboard | None:
        """What is kept under this uid."""
        ...

    def newest_revision(self, uid: str) -> Revision | None:
        """Who saved it last, when and why; None when Grafana keeps no history of it."""
        ...

    def save(self, dashboard: Dashboard, *, message: str, version: int | None, overwrite: bool) -> None:
        """Save into its folder, moving it there.

        Args:
            dashboard: what to save.
            message: for the version history.
            version: the one that is replaced; None for a new dashboard.
            overwrite: replace whatever is there.

        Raises:
            Refused: `code` is `version-mismatch` when somebody saved it since `version`.
        """
        ...

    def tagged(self, tags: Sequence[str]) -> Sequence[str]:
        """The uids of the dashboards that carry all these tags."""
        ...

    def remove(self, uid: str) -> None:
        """Delete a dashboard; one that is gone is no matter."""
        ...


class RuleLoader(Protocol):
    """A Prometheus that loads rule files when it is told to."""

    def reload(self) -> None:
        """Read configuration and rules again; returns when they are in force.

        Raises:
            Refused: it keeps what it had (the new is wrong), or is not started with --web.enable-lifecycle.
            Unavailable: it could not be reached.
            Ambiguous: no answer came.
        """
        ...

    def rules(self) -> frozenset[Rule]:
        """Every rule in force."""
        ...

    def complaint(self, expr: str) -> str | None:
        """What is wrong with this PromQL, in Prometheus's words; None when it parses."""
        ...


class RuleGroupServer(Protocol):
    """A ruler with the API of Mimir and Cortex; raises as DashboardServer does."""

    def groups(self, namespaces: Sequence[str]) -> Sequence[RuleGroup]:
        """The groups that lie in these namespaces."""
        ...

    def put(self, group: RuleGroup) -> None:
        """Create or replace a group."""
        ...

    def remove(self, group: RuleGroup) -> None:
        """Delete a group; one that is gone is no matter."""
        ...
