"""The entities of a fact as lines of one text, and command keys that begin with the command id.

A text is cheaper to take in by COPY than an array, and the index of command keys compares ids that
differ before principals that do not.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rewrites the log once; the events are not touched."""
    op.execute(
        """
        ALTER TABLE log
            ALTER COLUMN entities TYPE text COLLATE "C" USING array_to_string(entities, chr(10)),
            DROP CONSTRAINT log_command_key,
            ADD CONSTRAINT log_command_key UNIQUE (command_id, principal, ordinal)
        """
    )


def downgrade() -> None:
    """Back to an array."""
    op.execute(
        """
        ALTER TABLE log
            ALTER COLUMN entities TYPE text[] COLLATE "C"
            USING string_to_array(entities, chr(10)),
            DROP CONSTRAINT log_command_key,
            ADD CONSTRAINT log_command_key UNIQUE (principal, command_id, ordinal)
        """
    )
