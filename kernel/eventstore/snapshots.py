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

log_ = structlog.get_logger(__name__)


class Snapshot(msgspec.Struct, frozen=True):
    """A state as bytes, and the position of the last fact that is folded into it."""

    position: int
    data: bytes


class Snapshots(Protocol):
    """Where snapshots are kept."""

    def load(self, versions: Mapping[SnapshotKey, int]) -> dict[SnapshotKey, Snapshot]:
        """The newest snapshot of each key under its version; keys without one are left out.

        Raises LogUnavailable.
        """
        ...

    def save(self, key: SnapshotKey, position: int, version: int, data: bytes) -> None:
        """Keep a snapshot unless a newer one is kept. It may be lost; that raises nothing."""
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

    def save(self, key: SnapshotKey, position: int, version: int, data: bytes) -> None:
        """See Snapshots.save."""
        kept = self._kept.get((key, version))
        if kept is None or kept.position < position:
            self._kept[key, version] = Snapshot(position, data)

    def drop(self) -> None:
        """Delete all."""
        self._kept.clear()


_LOAD = """
SELECT s.fold, s.entity, s.position, s.data
FROM unnest(%s::text[], %s::text[], %s::integer[]) AS k(fold, entity, version)
JOIN snapshots s ON s.fold = k.fold AND s.entity = k.entity AND s.version = k.version
"""

_SAVE = """
INSERT INTO snapshots AS s (fold, entity, version, position, data) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (fold, entity, version) DO UPDATE
SET position = excluded.position, data = excluded.data WHERE s.position < excluded.position
RETURNING position
"""


class PostgresSnapshots:
    """Snapshots in the ledger's schema, on a connection of their own."""

    def __init__(self, dsn: str, schema: str) -> None:
        self._connections = Connections(dsn, schema, limit=1)

    def close(self) -> None:
        """Close the connection; a later call makes a new one."""
        self._connections.close()

    def load(self, versions: Mapping[SnapshotKey, int]) -> dict[SnapshotKey, Snapshot]:
        """See Snapshots.load."""
        asked = [[fold for fold, _ in versions], [entity for _, entity in versions]]
        rows = self._connections.fetch(_LOAD, [*asked, list(versions.values())])
        return {(fold, entity): Snapshot(at, data) for fold, entity, at, data in rows}

    def save(self, key: SnapshotKey, position: int, version: int, data: bytes) -> None:
        """See Snapshots.save."""
        try:
            self._connections.fetch(_SAVE, [*key, version, position, data])
        except LogUnavailable as error:
            log_.warning("snapshot.not_saved", fold=key[0], entity=key[1], error=str(error))

    def drop(self) -> None:
        """Delete all. Raises LogUnavailable."""
        self._connections.fetch("DELETE FROM snapshots RETURNING fold")
