"""Checks of the log's own order, by SQL over the stored rows: nothing live is trusted.

Source: design promise that positions are gapless, keys unique, the index complete; see
docs/architecture.md, "The log".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

from kernel.audit.finding import FINDINGS_SHOWN, Check, Finding

ROOM = """
SELECT set_config('work_mem', '256MB', true), set_config('statement_timeout', '0', true)
"""
GAPS = """
SELECT position, before + 1 FROM (
    SELECT position, lag(position, 1, 0::bigint) OVER (ORDER BY position) AS before
    FROM log WHERE position <= :upto
) walked WHERE position <> before + 1 ORDER BY position LIMIT :shown
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
# A command alone under the hash of its key, with one event of ordinal 0, is in order: equal keys
# have equal hashes. What is not alone is looked at key by key.
KEYS = """
WITH marked AS (
    SELECT hashtextextended(command_id, hashtextextended(principal, 0)) AS hash FROM log
    WHERE position <= :upto GROUP BY hash HAVING count(*) > 1 OR max(ordinal) <> 0
),
commands AS MATERIALIZED (
    SELECT principal, command_id, ordinal, fingerprint FROM log
    WHERE position <= :upto AND EXISTS (SELECT FROM marked)
      AND hashtextextended(command_id, hashtextextended(principal, 0)) IN (SELECT hash FROM marked)
)
(
    SELECT principal || '/' || command_id || '/' || ordinal, count(*), '1 event' FROM commands
    GROUP BY principal, command_id, ordinal HAVING count(*) > 1 LIMIT :shown
) UNION ALL (
    SELECT principal || '/' || command_id, count(*), max(ordinal) + 1 || ' of one request'
    FROM commands GROUP BY principal, command_id
    HAVING count(*) <> max(ordinal) + 1 OR count(DISTINCT fingerprint) > 1 LIMIT :shown
)
"""
BOTH = """
SELECT principal, command_id FROM refusals JOIN log USING (principal, command_id)
WHERE position <= :upto LIMIT :shown
"""
INDEXED = "SELECT entity, unnest(positions) AS position FROM entity_index"
LOGGED = """
SELECT hashtextextended(one, 0) AS entity, position
FROM log, unnest(string_to_array(entities, chr(10))) AS one
WHERE position <= (SELECT position FROM index_watermark)
"""
# Two sums over all entries say whether two multisets are the same: they differ in one of 2^128
# pairs that are not. Only if they differ is it asked where.
SUMS = """
SELECT count(*), sum(hashint8extended(position, entity)::numeric),
       sum(hashint8extended(entity, position)::numeric) FROM ({}) AS entries
"""
NOT_INDEXED = f"""
SELECT entity, position FROM (({LOGGED}) EXCEPT ({INDEXED})) AS missing
ORDER BY position LIMIT :shown
"""
OVER_INDEXED = f"""
SELECT entity, position FROM (({INDEXED}) EXCEPT ALL ({LOGGED})) AS extra
ORDER BY position LIMIT :shown
"""


def check_log_order(connection: Connection, upto: int) -> list[Check]:
    """Positions gapless, clocks never back, keys unique, index complete; up to a position."""

    def rows(sql: str) -> Any:
        return connection.execute(text(sql), {"upto": upto, "shown": FINDINGS_SHOWN})

    rows(ROOM)
    [[count]] = rows("SELECT count(*) FROM log WHERE position <= :upto")
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
        _check("command keys unique", count, _keys(rows)),
        _index(rows),
    ]


def _keys(rows: Callable[[str], Any]) -> list[tuple[str, str, str]]:
    return [
        *((f"command {r[0]}", f"{r[1]} events", r[2]) for r in rows(KEYS)),
        *((f"command {r[0]}/{r[1]}", "accepted and refused", "one answer") for r in rows(BOTH)),
    ]


def _index(rows: Callable[[str], Any]) -> Check:
    """The entries of the index are those of the log up to the watermark, each once."""
    [indexed], [logged] = rows(SUMS.format(INDEXED)), rows(SUMS.format(LOGGED))
    differences: list[tuple[str, str, str]] = []
    if tuple(indexed) != tuple(logged):
        differences = [
            *(
                (f"position {r[1]}", f"no index row of hash {r[0]}", "an index row")
                for r in rows(NOT_INDEXED)
            ),
            *(
                (f"position {r[1]}", f"an index row of hash {r[0]}", "no such event")
                for r in rows(OVER_INDEXED)
            ),
        ]
    return _check("entity index complete", indexed[0], differences)


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
