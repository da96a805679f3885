"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _incidents()
    _outbox()
    _history()


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("slo", sa.Text, nullable=False),
        sa.Column("squad", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT),
        sa.Column("body", sa.JSON, nullable=False, comment="All of it; the other columns find it."),
    )
    op.create_index("incidents_by_state", "incidents", ["state", "opened_at"])
    op.create_index("incidents_by_slo", "incidents", ["slo", "opened_at"])
    op.create_index("incidents_by_age", "incidents", ["opened_at"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", NUMBER, primary_key=True, comment="In the order they were recorded."),
        sa.Column("delivery_id", sa.Text, nullable=False, unique=True),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("notification", sa.JSON, nullable=False, comment="All of it, not_before apart."),
        sa.Column("message", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", sa.Text),
        sa.Column("lease_until", MOMENT),
        sa.Column("channel", sa.Text),
        sa.Column("ts", sa.Text),
        sa.Column("permalink", sa.Text),
        sa.Column("last_error", sa.Text),
        sa.Column("sent_at", MOMENT),
    )
    op.create_index("outbox_by_incident", "outbox", ["incident", "destination"])
    live = "state NOT IN ('dead', 'failed_over', 'superseded')"
    in_flight = "state IN ('sending', 'ambiguous')"
    urgency = ["destination", "priority", "not_before", "number"]
    _partial_index(
        "outbox_one_live_root", ["incident", "destination"], f"kind = 'root' AND {live}", unique=True
    )
    _partial_index("outbox_one_in_flight", ["destination"], in_flight, unique=True)
    _partial_index("outbox_pending", urgency, "state = 'pending'")
    _partial_index("outbox_unfinished", ["deadline"], "state IN ('pending', 'sending', 'ambiguous')")
    op.create_table(
        "lanes",
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("held_until", MOMENT),
    )


def _history() -> None:
    op.create_table(
        "history_blocks",
        sa.Column(
            "number", NUMBER, primary_key=True, comment="A later one replaces the cells of an earlier one."
        ),
        sa.Column("seconds", sa.Integer, nullable=False, comment="Length of a bucket."),
        sa.Column(
            "block", sa.BigInteger, nullable=False, comment="(end - 1) // (seconds * 60) of all its buckets."
        ),
        sa.Column("first_end", sa.BigInteger, nullable=False),
        sa.Column("last_end", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False, comment="Packed buckets."),
    )
    op.create_index("history_blocks_by_block", "history_blocks", ["seconds", "block"])
    op.create_table(
        "history_coverage",
        sa.Column("slo", sa.Text, primary_key=True),
        sa.Column(
            "since",
            sa.BigInteger,
            nullable=False,
            comment="Unix second from which its history is complete.",
        ),
    )


def _partial_index(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(
        name, "outbox", columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )
