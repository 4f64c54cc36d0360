"""What a server checks before it trusts a database with money.

Source: PostgreSQL documentation, "Write Ahead Log": with ``fsync``, ``full_page_writes`` or
``synchronous_commit`` off, a committed transaction can be lost in a crash.
"""

from __future__ import annotations

import psycopg
import structlog

VERSION_MIN = 150_000
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")

log_ = structlog.get_logger(__name__)


class DatabaseUnfit(Exception):
    """The database cannot be trusted with the ledger; says why."""


class DurabilityOff(DatabaseUnfit):
    """Settings allow committed money to be lost; ``settings`` names each."""

    def __init__(self, settings: list[str]) -> None:
        super().__init__(
            f"a crash could lose committed money, PostgreSQL runs with {', '.join(settings)} off"
        )
        self.settings = settings


class DatabaseTooOld(DatabaseUnfit):
    """Older than the oldest PostgreSQL that is supported."""


def require_durability(url: str, *, allow_unsafe: bool = False) -> None:
    """Raise DurabilityOff or DatabaseTooOld; with ``allow_unsafe`` only warn of the first."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        if connection.info.server_version < VERSION_MIN:
            found = connection.info.parameter_status("server_version")
            raise DatabaseTooOld(f"PostgreSQL {found} is older than {VERSION_MIN // 10_000}")
        rows = connection.execute(
            "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = 'off' ORDER BY name",
            [list(DURABLE)],
        ).fetchall()
    off = [name for (name,) in rows]
    if off and not allow_unsafe:
        raise DurabilityOff(off)
    if off:
        log_.warning("database.not_durable", off=off)
