"""What became of every delivery, digests, and what may be there twice."""

import sqlalchemy as sa
from alembic import op

revision = "004"
down_revision = "003"


def upgrade() -> None:
    """Make the table, the column and their indexes; what has ended so far is counted."""
    op.create_table(
        "tallies",
        sa.Column("state", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("priority", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False, comment="From due to sent, summed."),
    )
    op.add_column(
        "outbox", sa.Column("digest", sa.Text, comment="The incident id of the digest that tells it.")
    )
    _partial_index("outbox_resent", "sent_at", where="state = 'sent' AND attempt > 1")
    _partial_index("outbox_digested", "digest", where="state = 'digested'")
    op.execute(
        "INSERT INTO tallies SELECT state, kind, priority, count(*), 0 FROM outbox"
        " WHERE state NOT IN ('pending', 'sending', 'ambiguous') GROUP BY state, kind, priority"
    )


def _partial_index(name: str, *columns: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "outbox", list(columns), sqlite_where=condition, postgresql_where=condition)
