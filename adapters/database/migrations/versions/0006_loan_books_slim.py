"""The books of loans no longer say when a loan was posted last: a cut rewrote every row for it."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the columns in a ledger that was made with them."""
    for name in ("posted_position", "posted_on"):
        op.execute(f"ALTER TABLE loan_books DROP COLUMN IF EXISTS {name}")


def downgrade() -> None:
    """Nothing: 0002 drops every read model."""
