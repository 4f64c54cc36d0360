"""The log, its head, refusals, entity index and snapshots.

Units: positions count facts from 1; dates are business days, ``recorded_at`` is wall clock.
Keys compare as bytes (collation C): their order does not change with the machine's locale.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE log (
        position bigint NOT NULL,
        principal text COLLATE "C" NOT NULL,
        channel text NOT NULL,
        method text NOT NULL,
        command_id text COLLATE "C" NOT NULL,
        ordinal integer NOT NULL,
        fingerprint bytea NOT NULL,
        name text COLLATE "C" NOT NULL,
        recorded_at timestamptz NOT NULL,
        booking_date date NOT NULL,
        value_date date NOT NULL,
        entities text[] COLLATE "C" NOT NULL,
        data bytea NOT NULL,
        CONSTRAINT log_position PRIMARY KEY (position),
        CONSTRAINT log_command_key UNIQUE (principal, command_id, ordinal),
        CONSTRAINT log_position_from_one CHECK (position >= 1)
    )
    """,
    """
    CREATE TABLE head (
        one boolean NOT NULL DEFAULT true,
        position bigint NOT NULL,
        batch bigint NOT NULL,
        CONSTRAINT head_one_row PRIMARY KEY (one),
        CONSTRAINT head_only_one CHECK (one)
    ) WITH (fillfactor = 10)
    """,
    "INSERT INTO head (position, batch) VALUES (0, 0)",
    """
    CREATE TABLE refusals (
        principal text COLLATE "C" NOT NULL,
        command_id text COLLATE "C" NOT NULL,
        method text NOT NULL,
        fingerprint bytea NOT NULL,
        code text NOT NULL,
        kind text NOT NULL,
        message text NOT NULL,
        figures bytea NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT refusals_command_key PRIMARY KEY (principal, command_id)
    )
    """,
    """
    CREATE TABLE entity_index (
        entity text COLLATE "C" NOT NULL,
        position bigint NOT NULL,
        CONSTRAINT entity_index_entry PRIMARY KEY (entity, position)
    )
    """,
    """
    CREATE TABLE index_watermark (
        one boolean NOT NULL DEFAULT true,
        position bigint NOT NULL,
        CONSTRAINT index_watermark_one_row PRIMARY KEY (one),
        CONSTRAINT index_watermark_only_one CHECK (one)
    ) WITH (fillfactor = 10)
    """,
    "INSERT INTO index_watermark (position) VALUES (0)",
    """
    CREATE TABLE snapshots (
        fold text COLLATE "C" NOT NULL,
        entity text COLLATE "C" NOT NULL,
        version integer NOT NULL,
        position bigint NOT NULL,
        data bytea NOT NULL,
        CONSTRAINT snapshots_newest PRIMARY KEY (fold, entity, version)
    )
    """,
)


def upgrade() -> None:
    """Create the tables in the first schema of the search path."""
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop the log and everything in it."""
    op.execute("DROP TABLE snapshots, index_watermark, entity_index, refusals, head, log")
