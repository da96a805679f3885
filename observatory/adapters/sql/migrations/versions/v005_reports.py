"""Alerts that others raise."""

import sqlalchemy as sa
from alembic import op

revision = "005"
down_revision = "004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reports",
        sa.Column(
            "fingerprint", sa.Text, primary_key=True, comment="Of the labels of somebody else's alert."
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), comment="NULL while it fires."),
        sa.Column("body", sa.JSON, nullable=False, comment="All of it."),
    )
    op.create_index("reports_by_end", "reports", ["ended_at"])
