"""Snapshots are written in few rounds, and none that waits is lost at the end."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from kernel.application.folds import ACCOUNT
from kernel.application.keeping import Due, Keeper
from kernel.eventstore.snapshots import MemorySnapshots, Snapshot, SnapshotKey

COUNT = 300


class Counted(MemorySnapshots):
    """Counts how often it is written to."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds = 0
        self.begun = threading.Event()

    def save(self, snapshots: Mapping[SnapshotKey, Snapshot]) -> None:
        """See Snapshots.save."""
        self.rounds += 1
        self.begun.set()
        super().save(snapshots)


def test_what_is_due_within_a_pause_is_written_together_and_the_rest_at_the_end() -> None:
    snapshots = Counted()
    keeper = Keeper(snapshots)
    keys = [(ACCOUNT.name, f"account:A-{number}") for number in range(COUNT)]
    for position, key in enumerate(keys, 1):
        keeper.keep([Due(key, ACCOUNT, ACCOUNT.initial, position)])
        assert snapshots.begun.wait(10), "the first is not kept waiting"
    keeper.close()
    assert snapshots.rounds < COUNT // 10
    found = snapshots.load(dict.fromkeys(keys, ACCOUNT.version))
    assert [found[key].position for key in keys] == list(range(1, COUNT + 1))


def test_a_keeper_that_was_closed_keeps_again() -> None:
    snapshots = Counted()
    keeper = Keeper(snapshots)
    for position in (1, 2):
        keeper.keep([Due((ACCOUNT.name, "account:A"), ACCOUNT, ACCOUNT.initial, position)])
        keeper.close()
    [kept] = snapshots.load({(ACCOUNT.name, "account:A"): ACCOUNT.version}).values()
    assert kept.position == 2
