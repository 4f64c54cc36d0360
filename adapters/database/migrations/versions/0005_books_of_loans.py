"""Tables of read models that came since 0002: the books of loans, and what reports read.

A fresh ledger has them from 0002 on, which takes the models as they are; a ledger that was made
before gets the missing ones here, and ``corebank rebuild`` fills them from the log.
"""

from __future__ import annotations

from alembic import op

from kernel.projections.models import create_tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables that are missing in the ledger's schema."""
    create_tables(op.get_bind())


def downgrade() -> None:
    """Nothing: 0002 drops every read model."""
