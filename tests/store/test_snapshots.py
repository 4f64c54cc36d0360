"""Snapshots are a cache: the newest of a version is kept, any may vanish."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from kernel.eventstore.snapshots import (
    MemorySnapshots,
    PostgresSnapshots,
    Snapshot,
    Snapshots,
)

KEY = ("account", "account:A")


@pytest.fixture(params=["memory", "postgres"])
def snapshots(request: pytest.FixtureRequest) -> Iterator[Snapshots]:
    if request.param == "memory":
        yield MemorySnapshots()
        return
    dsn = request.getfixturevalue("postgres_url")
    schema_name = request.getfixturevalue("schema_name")
    with psycopg.connect(dsn) as connection:
        connection.execute(f"UPDATE {schema_name}.head SET position = 100")
    kept = PostgresSnapshots(dsn, schema_name)
    yield kept
    kept.close()


def test_a_snapshot_is_found_by_fold_entity_and_version(snapshots: Snapshots) -> None:
    snapshots.save({KEY: Snapshot(7, 1, b"\x00state")})
    assert snapshots.load({KEY: 1}) == {KEY: Snapshot(7, 1, b"\x00state")}
    assert snapshots.load({KEY: 2}) == {}
    assert snapshots.load({("payment", "account:A"): 1, ("account", "account:B"): 1}) == {}


def test_only_the_newest_of_a_version_is_kept(snapshots: Snapshots) -> None:
    snapshots.save({KEY: Snapshot(7, 1, b"seven")})
    snapshots.save({KEY: Snapshot(9, 1, b"nine")})
    snapshots.save({KEY: Snapshot(8, 1, b"late")})
    snapshots.save({KEY: Snapshot(3, 2, b"new code")})
    assert snapshots.load({KEY: 1}) == {KEY: Snapshot(9, 1, b"nine")}
    assert snapshots.load({KEY: 2}) == {KEY: Snapshot(3, 2, b"new code")}


def test_all_can_be_dropped(snapshots: Snapshots) -> None:
    snapshots.save({KEY: Snapshot(7, 1, b"seven")})
    assert isinstance(snapshots, MemorySnapshots | PostgresSnapshots)
    snapshots.drop()
    assert snapshots.load({KEY: 1}) == {}


def test_a_snapshot_of_facts_that_the_log_does_not_hold_is_not_believed(
    postgres_url: str, schema_name: str
) -> None:
    kept = PostgresSnapshots(postgres_url, schema_name)
    kept.save({KEY: Snapshot(1, 1, b"from elsewhere")})
    assert kept.load({KEY: 1}) == {}
    kept.close()


def test_a_snapshot_that_cannot_be_saved_is_no_failure() -> None:
    away = PostgresSnapshots("host=127.0.0.1 port=1 user=nobody", "nowhere")
    away.save({KEY: Snapshot(7, 1, b"seven")})
