"""Checks of the log's own order, by SQL over the stored rows: nothing live is trusted.

Source: design promise that positions are gapless, keys unique, the index complete; see
docs/architecture.md, "The log".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

from kernel.audit.finding import FINDINGS_SHOWN, Check, Finding

GAPS = """
SELECT position, expected FROM (
    SELECT position, row_number() OVER (ORDER BY position) AS expected FROM log
    WHERE position <= :upto
) numbered WHERE position <> expected ORDER BY position LIMIT :shown
"""
CLOCKS = """
SELECT position, recorded_at, booking_date, before_recorded, before_booking FROM (
    SELECT position, recorded_at, booking_date,
           lag(recorded_at) OVER (ORDER BY position) AS before_recorded,
           lag(booking_date) OVER (ORDER BY position) AS before_booking
    FROM log WHERE position <= :upto
) walked WHERE recorded_at < before_recorded OR booking_date < before_booking
ORDER BY position LIMIT :shown
"""
KEYS = """
SELECT principal, command_id, ordinal, count(*) FROM log WHERE position <= :upto
GROUP BY principal, command_id, ordinal HAVING count(*) > 1 LIMIT :shown
"""
ORDINALS = """
SELECT principal, command_id, count(*), max(ordinal) + 1 FROM log WHERE position <= :upto
GROUP BY principal, command_id
HAVING count(*) <> max(ordinal) + 1 OR count(DISTINCT fingerprint) > 1 LIMIT :shown
"""
BOTH = """
SELECT principal, command_id FROM log JOIN refusals USING (principal, command_id)
WHERE position <= :upto LIMIT :shown
"""
NOT_INDEXED = """
SELECT entity, position FROM (
    SELECT hashtextextended(unnest(entities), 0) AS entity, position FROM log
    WHERE position <= (SELECT position FROM index_watermark)
    EXCEPT SELECT entity, unnest(positions) FROM entity_index
) missing ORDER BY position LIMIT :shown
"""
OVER_INDEXED = """
SELECT entity, position FROM (
    SELECT entity, unnest(positions) AS position FROM entity_index
    EXCEPT SELECT hashtextextended(unnest(entities), 0), position FROM log
) extra ORDER BY position LIMIT :shown
"""


def check_log_order(connection: Connection, upto: int) -> list[Check]:
    """Positions gapless, clocks never back, keys unique, index complete; up to a position."""
    rows: Callable[[str], Any] = lambda sql: connection.execute(  # noqa: E731
        text(sql), {"upto": upto, "shown": FINDINGS_SHOWN}
    )
    count = connection.execute(
        text("SELECT count(*) FROM log WHERE position <= :upto"), {"upto": upto}
    ).scalar_one()
    entries = connection.execute(
        text("SELECT coalesce(sum(cardinality(positions)), 0) FROM entity_index")
    ).scalar_one()
    return [
        _check("positions gapless", count, _gaps(rows(GAPS), count, upto)),
        _check(
            "recorded time and booking date never go back",
            count,
            [
                (f"position {r[0]}", f"{r[1]}, booked {r[2]}", f"at least {r[3]}, booked {r[4]}")
                for r in rows(CLOCKS)
            ],
        ),
        _check(
            "command keys unique",
            count,
            [(f"command {r[0]}/{r[1]}/{r[2]}", f"{r[3]} events", "1 event") for r in rows(KEYS)]
            + [
                (f"command {r[0]}/{r[1]}", f"{r[2]} events", f"{r[3]} of one request")
                for r in rows(ORDINALS)
            ]
            + [
                (f"command {r[0]}/{r[1]}", "accepted and refused", "one answer") for r in rows(BOTH)
            ],
        ),
        _check(
            "entity index complete",
            entries,
            [
                (f"position {r[1]}", f"no index row of hash {r[0]}", "an index row")
                for r in rows(NOT_INDEXED)
            ]
            + [
                (f"position {r[1]}", f"an index row of hash {r[0]}", "no such event")
                for r in rows(OVER_INDEXED)
            ],
        ),
    ]


def _gaps(rows: Any, count: int, upto: int) -> list[tuple[str, str, str]]:
    gaps = [(f"position {r[1]}", f"position {r[0]}", f"position {r[1]}") for r in rows][:1]
    if not gaps and count != upto:
        gaps.append(("end of the log", f"{count} events", f"{upto} events, as the head says"))
    return gaps


def _check(name: str, looked_at: int, differences: list[tuple[str, str, str]]) -> Check:
    return Check(
        name=name,
        looked_at=looked_at,
        findings=tuple(
            Finding(check=name, where=where, found=found, expected=expected)
            for where, found, expected in differences[:FINDINGS_SHOWN]
        ),
    )
