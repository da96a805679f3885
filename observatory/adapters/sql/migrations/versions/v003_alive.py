"""Who evaluates, and who has to give signs of life."""

import sqlalchemy as sa
from alembic import op

revision = "003"
down_revision = "002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True, comment="What for."),
        sa.Column("holder", sa.Text, nullable=False, comment="One life of one process."),
        sa.Column("term", sa.BigInteger, nullable=False, comment="Grows with every change of holder."),
        sa.Column("expires_at", MOMENT, nullable=False, comment="By the database's clock."),
    )
    op.create_table(
        "signs_of_life",
        sa.Column("source", sa.Text, primary_key=True, comment="Who is watched, as its address names it."),
        sa.Column("heard_at", MOMENT, nullable=False),
    )
