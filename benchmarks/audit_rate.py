"""How fast the audit walks a log: its order by SQL, and its content event by event, side by side.

Units: events a second of wall time. The comparison with the read models is timed for itself, since
it costs by accounts and journals, not by events.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import msgspec
from sqlalchemy import text

from adapters.cell import tune_process
from adapters.database import Database
from kernel.audit.log_checks import check_log_order
from kernel.audit.recomputed import Recomputed, recompute
from kernel.eventstore.postgres import PostgresLog


class AuditRate(msgspec.Struct, frozen=True, kw_only=True):
    """What it came to; ``log_per_second`` is for both parts together, as the audit runs them."""

    events: int
    order_seconds: float
    content_seconds: float
    log_seconds: float

    @property
    def log_per_second(self) -> float:
        """Events a second, checked in every way that needs the log alone."""
        return self.events / self.log_seconds


def audit_rate(url: str, schema: str) -> AuditRate:
    """Check the log of a schema that holds one, for example after ``growth``.

    Raises AssertionError if anything is found.
    """
    tune_process()
    sql = Database(url, schema).sqlalchemy_engine()
    log, again = PostgresLog(url, schema), Recomputed()
    with sql.execution_options(isolation_level="REPEATABLE READ").begin() as connection:
        head = connection.execute(text("SELECT position FROM head")).scalar_one()

        def order() -> float:
            began = time.perf_counter()
            found = check_log_order(connection, head)
            assert not any(check.findings for check in found), found
            return time.perf_counter() - began

        began = time.perf_counter()
        with ThreadPoolExecutor(1) as beside:
            ordered = beside.submit(order)
            unreadable = recompute(log, head, again)
            content_seconds = time.perf_counter() - began
        log_seconds = time.perf_counter() - began
    assert not unreadable, unreadable
    assert not again.unbalanced, again.unbalanced
    log.close()
    sql.dispose()
    return AuditRate(
        events=head,
        order_seconds=ordered.result(),
        content_seconds=content_seconds,
        log_seconds=log_seconds,
    )
