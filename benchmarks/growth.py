"""Does a transfer cost the same when the log is a thousand times longer? Two ledgers, in turns.

One ledger grows, window by window. Then it and a young one on the same server take the same load in
turns, and their ratio is of pairs a second apart: a shared machine is a third slower in one minute
than in another, so windows that lie minutes apart compare the minutes, not the ledgers.

``python -m benchmarks.growth --events 10_000_000`` is the long run. Requests are made before their
window is timed. Units: microseconds of wall time and of CPU of the engine's process, per transfer.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from benchmarks.engine_load import (
    ACCOUNTS,
    Load,
    Pair,
    drive,
    running_engine,
    transfers,
    uniform,
)
from benchmarks.filled import accounts, fill
from benchmarks.results_file import Row, finished, show, write
from kernel.application.engine import Engine

EVENTS = 1_000_000
WINDOWS = 20
TURNS = 20
TURN_TRANSFERS = 20_000
"""The young ledger ends with 430,000 events; most turns hold one round of the entity index."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of the run: where the log stood before it, and the cost of a transfer in it."""

    after_events: int
    wall_us: float
    cpu_us: float


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """The whole run: windows while the log grew, and turns of the grown and of a young ledger."""

    windows: tuple[Window, ...]
    turns: tuple[tuple[Window, Window], ...]

    @property
    def ratio(self) -> float:
        """Wall time of a transfer on the grown ledger over that on the young one; 1.0 is equal."""
        return statistics.median(old.wall_us / young.wall_us for old, young in self.turns)


class _Ledger:
    """An engine over a schema with accounts that are all in memory, and where its log ends."""

    def __init__(self, engine: Engine, head: int, among: int, *, ordered: bool) -> None:
        self._engine, self._among, self._ordered = engine, among, ordered
        self._take([(n, (n + 1) % among) for n in range(among)])
        self.head = head + among

    def window(self, size: int, seed: int) -> Window:
        """What so many transfers between random accounts cost."""
        load = self._take(uniform(size, self._among, seed=seed))
        after, self.head = self.head, self.head + size
        wall_us, cpu_us = load.seconds / size * 1e6, load.cpu_seconds / size * 1e6
        return Window(after_events=after, wall_us=wall_us, cpu_us=cpu_us)

    def _take(self, pairs: list[Pair]) -> Load:
        return drive(self._engine, transfers(pairs, ordered=self._ordered))


@contextmanager
def _running(url: str, schema: str, among: int, *, ordered: bool) -> Iterator[_Ledger]:
    head = fill(url, schema, accounts(among))
    with running_engine(url, schema) as engine:
        yield _Ledger(engine, head, among, ordered=ordered)


def growth(
    url: str,
    schema: str,
    events: int = EVENTS,
    *,
    ordered: bool = True,
    among: int = ACCOUNTS,
    windows: int = WINDOWS,
) -> Growth:
    """Transfers between random accounts over a migrated, empty schema, until the log is so long.

    ``ordered`` says whether the clients' command ids are in the order of time, or random. A schema
    with ``_young`` behind its name is made beside it.
    """
    young_schema = f"{schema}_young"
    migrate(url, young_schema)
    with _running(url, schema, among, ordered=ordered) as old:
        size = max((events - old.head) // windows, 1)
        grown = tuple(old.window(size, seed) for seed in range(windows))
        with _running(url, young_schema, among, ordered=ordered) as young:
            turns = tuple(_turn(old, young, seed) for seed in range(TURNS))
    return Growth(windows=grown, turns=turns)


def _turn(old: _Ledger, young: _Ledger, seed: int) -> tuple[Window, Window]:
    """Both under the same load; who goes first alternates."""
    if seed % 2:
        made = young.window(TURN_TRANSFERS, seed)
        return old.window(TURN_TRANSFERS, seed), made
    return old.window(TURN_TRANSFERS, seed), young.window(TURN_TRANSFERS, seed)


def rows_of(made: Growth) -> list[Row]:
    """Every window, and the grown ledger over the young one."""
    windows = [
        Row(what=f"a transfer, {one.after_events:,} events stored", value=one.wall_us, unit="µs")
        for one in made.windows
    ]
    return [*windows, *turn_rows(made)]


def turn_rows(made: Growth) -> list[Row]:
    """What a transfer costs on either ledger, in turns."""
    old, young = zip(*made.turns, strict=True)
    return [
        Row(what=f"cost of a transfer, {name}, {each[0].after_events:,} events stored",
            value=statistics.median(one.wall_us for one in each), unit="µs")
        for name, each in (("young ledger", young), ("grown ledger", old))
    ] + [
        Row(what=f"grown ÷ young, median of {len(old)} turns", value=made.ratio, unit="",
            ratio="cost_grown_over_young", over=made.ratio, most=1.15)
    ]  # fmt: skip


def main() -> None:
    """Run on a throw-away embedded server with fsync on; show and write the windows."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, default=EVENTS)
    asked.add_argument("--ids", choices=("ordered", "random"), default="ordered")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            migrate(server.url, "growth")
            made = growth(server.url, "growth", given.events, ordered=given.ids == "ordered")
            name = f"growth-{given.events}-{given.ids}"
            run = finished(name, server.url, rows_of(made))
    show(run)
    print(write(run))


if __name__ == "__main__":
    main()
