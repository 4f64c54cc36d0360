"""Tables of the read models and of their follower.

They are taken from the models' own definitions, not frozen here: all of them can be dropped and
rebuilt from the log at any time, so what matters is that they fit the code that is running. A later
change of a model's tables drops and creates them anew in a migration of its own and rebuilds.
"""

from __future__ import annotations

from alembic import op

from kernel.projections import positions
from kernel.projections.models import READ_MODELS, create_tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables in the ledger's schema (the search path of the connection)."""
    create_tables(op.get_bind())


def downgrade() -> None:
    """Drop the tables; the log is untouched."""
    for model in READ_MODELS.all:
        model.metadata.drop_all(op.get_bind())
    positions.METADATA.drop_all(op.get_bind())
