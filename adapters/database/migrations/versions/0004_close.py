"""The close of the day: its progress and observations, and the outlooks of loans as columns.

All of them can be dropped and are made anew from the log.
"""

from __future__ import annotations

from alembic import op

from kernel.close import tables
from kernel.projections import outlooks

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables in the ledger's schema."""
    outlooks.create_tables(op.get_bind())
    tables.create_tables(op.get_bind())


def downgrade() -> None:
    """Drop the tables; the log is untouched."""
    tables.METADATA.drop_all(op.get_bind())
    outlooks.METADATA.drop_all(op.get_bind())
