"""The entity index as one row for each entity and round of the indexer, by a hash of the entity.

A row holds the positions of one round's facts that touch the entity, and the last of them in its
key. A merchant whose account is touched a thousand times in a round costs one row, and 64 bits of
hash cost half of what the name did; two entities with one hash are told apart by the log rows that
the positions lead to. The index is made from the log alone, so it begins empty and is filled again.

The log only ever grows, so the server's own upkeep of its tables is made rarer.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UPKEEP = """
autovacuum_vacuum_insert_threshold = 1000000, autovacuum_vacuum_insert_scale_factor = 0.5,
autovacuum_analyze_threshold = 1000000, autovacuum_analyze_scale_factor = 0.5
"""


def upgrade() -> None:
    """Entries hold ``hashtextextended(entity, 0)`` and ascending positions."""
    op.execute("DROP TABLE entity_index")
    op.execute(
        f"""
        CREATE TABLE entity_index (
            entity bigint NOT NULL,
            last_position bigint NOT NULL,
            positions bigint[] NOT NULL,
            CONSTRAINT entity_index_entry PRIMARY KEY (entity, last_position)
        ) WITH ({UPKEEP})
        """
    )
    op.execute(f"ALTER TABLE log SET ({UPKEEP})")
    op.execute("UPDATE index_watermark SET position = 0")


def downgrade() -> None:
    """Entries hold the entity itself and one position."""
    op.execute("DROP TABLE entity_index")
    op.execute(
        """
        CREATE TABLE entity_index (
            entity text COLLATE "C" NOT NULL,
            position bigint NOT NULL,
            CONSTRAINT entity_index_entry PRIMARY KEY (entity, position)
        )
        """
    )
    op.execute(
        """
        ALTER TABLE log RESET (
            autovacuum_vacuum_insert_threshold, autovacuum_vacuum_insert_scale_factor,
            autovacuum_analyze_threshold, autovacuum_analyze_scale_factor
        )
        """
    )
    op.execute("UPDATE index_watermark SET position = 0")
