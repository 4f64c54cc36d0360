"""What a server checks before it trusts a database with money.

Source: PostgreSQL documentation, "Write Ahead Log": with ``fsync``, ``full_page_writes`` or
``synchronous_commit`` off, a committed transaction can be lost in a crash.
"""

from __future__ import annotations

import psycopg
import structlog

VERSION_MIN = 150_000
DURABLE = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_write", "remote_apply"),
}

log_ = structlog.get_logger(__name__)


class DatabaseUnfit(Exception):
    """The database cannot be trusted with the ledger; says why."""


class DurabilityOff(DatabaseUnfit):
    """A setting allows committed money to be lost."""


class DatabaseTooOld(DatabaseUnfit):
    """Older than the oldest PostgreSQL that is supported."""


def require_durability(url: str, *, allow_unsafe: bool = False) -> None:
    """Raise DurabilityOff or DatabaseTooOld; with ``allow_unsafe`` only warn of the first."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        if connection.info.server_version < VERSION_MIN:
            raise DatabaseTooOld(
                f"PostgreSQL {connection.info.server_version} is older than {VERSION_MIN}"
            )
        off = []
        for name, good in DURABLE.items():
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            assert row is not None
            if row[0] not in good:
                off.append(f"{name} = {row[0]}")
    if off and not allow_unsafe:
        raise DurabilityOff(f"committed money could be lost: {', '.join(off)}")
    if off:
        log_.warning("database.not_durable", settings=off)
