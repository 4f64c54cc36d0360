"""Snapshots: states folded earlier, to save folding a long history again. A cache, never a truth.

A snapshot is named by fold, entity and the version of the fold's code, and says up to which
position it was folded; only the newest of each is kept. Deleting any or all changes no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
import structlog

from kernel.eventstore.connections import Connections
from kernel.eventstore.errors import LogUnavailable

SnapshotKey = tuple[str, str]
"""Name of the fold, and entity as ``kind:id``."""

CONNECTIONS = 4

log_ = structlog.get_logger(__name__)


class Snapshot(msgspec.Struct, frozen=True):
    """A state as bytes, folded from every fact of its entity up to a position."""

    position: int
    version: int
    data: bytes


class Snapshots(Protocol):
    """Where snapshots are kept."""

    def load(self, versions: Mapping[SnapshotKey, int]) -> dict[SnapshotKey, Snapshot]:
        """The newest snapshot of each key under its version; keys without one are left out.

        One that claims more than the log holds is left out too. Raises LogUnavailable.
        """
        ...

    def save(self, snapshots: Mapping[SnapshotKey, Snapshot]) -> None:
        """Keep each one unless a newer one is kept. They may be lost; that raises nothing."""
        ...


class MemorySnapshots:
    """Snapshots in memory."""

    def __init__(self) -> None:
        self._kept: dict[tuple[SnapshotKey, int], Snapshot] = {}

    def load(self, versions: Mapping[SnapshotKey, int]) -> dict[SnapshotKey, Snapshot]:
        """See Snapshots.load."""
        return {
            key: self._kept[key, version]
            for key, version in versions.items()
            if (key, version) in self._kept
        }

    def save(self, snapshots: Mapping[SnapshotKey, Snapshot]) -> None:
        """See Snapshots.save."""
        for key, new in snapshots.items():
            kept = self._kept.get((key, new.version))
            if kept is None or kept.position < new.position:
                self._kept[key, new.version] = new

    def drop(self) -> None:
        """Delete all."""
        self._kept.clear()


_LOAD = """
SELECT s.fold, s.entity, s.position, s.version, s.data
FROM unnest(%s::text[], %s::text[], %s::integer[]) AS k(fold, entity, version)
CROSS JOIN LATERAL (
    SELECT * FROM snapshots s
    WHERE s.fold = k.fold AND s.entity = k.entity AND s.version = k.version OFFSET 0
) AS s
WHERE s.position <= (SELECT position FROM head WHERE one)
"""

_SAVE = """
WITH cheaply AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO snapshots AS s (fold, entity, position, version, data)
SELECT k.* FROM cheaply, unnest(%s::text[], %s::text[], %s::bigint[], %s::integer[], %s::bytea[])
    AS k(fold, entity, position, version, data)
ORDER BY k.fold, k.entity
ON CONFLICT (fold, entity, version) DO UPDATE
SET position = excluded.position, data = excluded.data WHERE s.position < excluded.position
RETURNING position
"""
# A snapshot may be lost, so nobody waits for the disk; it never gets there before the facts that
# are folded into it, since those were written before it.


class PostgresSnapshots:
    """Snapshots in the ledger's schema, on connections of their own."""

    def __init__(self, dsn: str, schema: str) -> None:
        self._connections = Connections(dsn, schema, limit=CONNECTIONS)

    def close(self) -> None:
        """Close the connections; a later call makes new ones."""
        self._connections.close()

    def load(self, versions: Mapping[SnapshotKey, int]) -> dict[SnapshotKey, Snapshot]:
        """See Snapshots.load."""
        asked = [[fold for fold, _ in versions], [entity for _, entity in versions]]
        rows = self._connections.fetch(_LOAD, [*asked, list(versions.values())])
        return {(fold, entity): Snapshot(*rest) for fold, entity, *rest in rows}

    def save(self, snapshots: Mapping[SnapshotKey, Snapshot]) -> None:
        """See Snapshots.save."""
        kept = list(snapshots.values())
        columns: list[list[object]] = [
            [fold for fold, _ in snapshots],
            [entity for _, entity in snapshots],
            [one.position for one in kept],
            [one.version for one in kept],
            [one.data for one in kept],
        ]
        try:
            self._connections.fetch(_SAVE, columns)
        except LogUnavailable as error:
            log_.warning("snapshots.not_saved", count=len(kept), error=str(error))

    def drop(self) -> None:
        """Delete all. Raises LogUnavailable."""
        self._connections.fetch("DELETE FROM snapshots RETURNING fold")
