"""Interest of closed years, and what commitments stand at: the ledger's read model begins anew.

Its tables have other columns now, and other rules fill them. They are made empty and its position
goes, so the follower fills them from the log.
"""

from __future__ import annotations

from alembic import op

from kernel.projections.models import READ_MODELS

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop and make the tables of the ledger in the ledger's schema."""
    connection, ledger = op.get_bind(), READ_MODELS.ledger
    ledger.metadata.drop_all(connection)
    ledger.metadata.create_all(connection)
    op.execute(f"DELETE FROM projections WHERE model = '{ledger.key}'")


def downgrade() -> None:
    """Nothing: 0002 drops every read model."""
