"""What people do: silences, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "002"
down_revision = "001"

MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "silences",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("body", sa.JSON, nullable=False, comment="All of it."),
    )
    op.create_index("silences_by_end", "silences", ["ends_at"])
    op.create_table(
        "audit",
        sa.Column("number", NUMBER, primary_key=True, comment="In the order they were written."),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("subject", sa.Text, nullable=False, comment="The id of an incident or of a silence."),
        sa.Column("body", sa.JSON, nullable=False, comment="All of it."),
    )
    op.create_index("audit_by_subject", "audit", ["subject"])
    op.create_index("audit_by_age", "audit", ["at"])
