"""The tables. Migrations make them; a test holds both equal."""

import sqlalchemy as sa

from observatory.adapters.sql.columns import document, line, message, moment, word
from observatory.alerting import Incident, IncidentState, Notification, NotificationKind, Silence
from observatory.alerting.reports import Report
from observatory.application.audit import AuditEntry
from observatory.application.delivery import DeliveryState

LIVE = "state NOT IN ('dead', 'failed_over', 'superseded')"
IN_FLIGHT = "state IN ('sending', 'ambiguous')"
UNFINISHED = "state IN ('pending', 'sending', 'ambiguous')"

metadata = sa.MetaData()

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A row number: SQLite counts by itself only in a column that is an INTEGER."""

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("slo", sa.Text, nullable=False),
    sa.Column("squad", sa.Text, nullable=False),
    sa.Column("state", word(IncidentState), nullable=False),
    sa.Column("opened_at", moment(), nullable=False),
    sa.Column("updated_at", moment(), nullable=False),
    sa.Column("resolved_at", moment()),
    sa.Column("body", document(Incident), nullable=False, comment="All of it; the other columns find it."),
    sa.Index("incidents_by_state", "state", "opened_at"),
    sa.Index("incidents_by_slo", "slo", "opened_at"),
    sa.Index("incidents_by_age", "opened_at"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("number", Number, primary_key=True, comment="In the order they were recorded."),
    sa.Column("delivery_id", sa.Text, nullable=False, unique=True),
    sa.Column("incident", sa.Text, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("kind", word(NotificationKind), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("not_before", moment(), nullable=False),
    sa.Column("deadline", moment(), nullable=False),
    sa.Column("notification", document(Notification), nullable=False, comment="All of it, not_before apart."),
    sa.Column("message", message(), nullable=False),
    sa.Column("state", word(DeliveryState), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("worker", sa.Text),
    sa.Column("lease_until", moment()),
    sa.Column("channel", sa.Text),
    sa.Column("ts", sa.Text),
    sa.Column("permalink", sa.Text),
    sa.Column("last_error", line()),
    sa.Column("sent_at", moment()),
    sa.Column("digest", sa.Text, comment="The incident id of the digest that tells it."),
    sa.Index("outbox_by_incident", "incident", "destination"),
)
"""Deliveries. `incident` is no foreign key: a self-test or a drill is told like an incident without being one."""


def _partial_index(name: str, *columns: str, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    sa.Index(
        name,
        *(outbox.c[column] for column in columns),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


_partial_index(
    "outbox_one_live_root", "incident", "destination", where=f"kind = 'root' AND {LIVE}", unique=True
)
_partial_index("outbox_one_in_flight", "destination", where=IN_FLIGHT, unique=True)
_partial_index("outbox_pending", "destination", "priority", "not_before", "number", where="state = 'pending'")
_partial_index("outbox_unfinished", "deadline", where=UNFINISHED)
_partial_index("outbox_resent", "sent_at", where="state = 'sent' AND attempt > 1")
_partial_index("outbox_digested", "digest", where="state = 'digested'")

lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("held_until", moment()),
)
"""One row for each destination: what a worker locks while it takes that destination's next delivery."""

tallies = sa.Table(
    "tallies",
    metadata,
    sa.Column("state", word(DeliveryState), primary_key=True),
    sa.Column("kind", word(NotificationKind), primary_key=True),
    sa.Column("priority", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False, comment="From due to sent, summed."),
)
"""What became of every delivery there ever was: the outbox forgets, and a counter may not."""

silences = sa.Table(
    "silences",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("ends_at", moment(), nullable=False),
    sa.Column("body", document(Silence), nullable=False, comment="All of it."),
    sa.Index("silences_by_end", "ends_at"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", Number, primary_key=True, comment="In the order they were written."),
    sa.Column("at", moment(), nullable=False),
    sa.Column("subject", sa.Text, nullable=False, comment="The id of an incident or of a silence."),
    sa.Column("body", document(AuditEntry), nullable=False, comment="All of it."),
    sa.Index("audit_by_subject", "subject"),
    sa.Index("audit_by_age", "at"),
)

history_blocks = sa.Table(
    "history_blocks",
    metadata,
    sa.Column(
        "number", Number, primary_key=True, comment="A later one replaces the cells of an earlier one."
    ),
    sa.Column("seconds", sa.Integer, nullable=False, comment="Length of a bucket."),
    sa.Column(
        "block", sa.BigInteger, nullable=False, comment="(end - 1) // (seconds * 60) of all its buckets."
    ),
    sa.Column("first_end", sa.BigInteger, nullable=False),
    sa.Column("last_end", sa.BigInteger, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False, comment="Packed buckets."),
    sa.Index("history_blocks_by_block", "seconds", "block"),
)

history_coverage = sa.Table(
    "history_coverage",
    metadata,
    sa.Column("slo", sa.Text, primary_key=True),
    sa.Column(
        "since", sa.BigInteger, nullable=False, comment="Unix second from which its history is complete."
    ),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="What for."),
    sa.Column("holder", sa.Text, nullable=False, comment="One life of one process."),
    sa.Column("term", sa.BigInteger, nullable=False, comment="Grows with every change of holder."),
    sa.Column("expires_at", moment(), nullable=False, comment="By the database's clock."),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("fingerprint", sa.Text, primary_key=True, comment="Of the labels of somebody else's alert."),
    sa.Column("ended_at", moment(), comment="NULL while it fires."),
    sa.Column("body", document(Report), nullable=False, comment="All of it."),
    sa.Index("reports_by_end", "ended_at"),
)

signs_of_life = sa.Table(
    "signs_of_life",
    metadata,
    sa.Column("source", sa.Text, primary_key=True, comment="Who is watched, as its address names it."),
    sa.Column("heard_at", moment(), nullable=False),
)
