"""Does a transfer cost the same when the log is a thousand times longer? One engine, many accounts.

``python -m benchmarks.growth --events 10_000_000`` is the long run. Requests are made before their
window is timed. Units: microseconds of wall time and of CPU of the engine's process, per transfer.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import msgspec

from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from benchmarks.engine_load import ACCOUNTS, drive, running_engine, transfers, uniform
from benchmarks.filled import accounts, fill
from benchmarks.results_file import Row, finished, show, write

EVENTS = 1_000_000
WINDOWS = 20
ENDS = 5
"""First and last are medians of so many windows: a single one may hold a checkpoint."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of the run: where the log stood before it, and the cost of a transfer in it."""

    after_events: int
    wall_us: float
    cpu_us: float


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """The whole run; a ratio of 1.0 says that the last transfers cost what the first did."""

    windows: tuple[Window, ...]

    @property
    def ratio(self) -> float:
        """Wall time of the last windows over that of the first."""
        wall = [one.wall_us for one in self.windows]
        return statistics.median(wall[-ENDS:]) / statistics.median(wall[:ENDS])


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

    ``ordered`` says whether the clients' command ids are in the order of time, or random.
    """
    head = fill(url, schema, accounts(among))
    size = max((events - head) // windows, 1)
    measured = []
    with running_engine(url, schema) as engine:
        drive(engine, transfers((n, (n + 1) % among) for n in range(among)))
        head += among
        for number in range(windows):
            requests = transfers(uniform(size, among, seed=number), ordered=ordered)
            load = drive(engine, requests)
            window = Window(
                after_events=head,
                wall_us=load.seconds / size * 1e6,
                cpu_us=load.cpu_seconds / size * 1e6,
            )
            measured.append(window)
            head += size
    return Growth(windows=tuple(measured))


def rows_of(made: Growth) -> list[Row]:
    """Every window, and the last ones over the first ones."""
    windows = [
        Row(what=f"a transfer, {one.after_events:,} events stored", value=one.wall_us, unit="µs")
        for one in made.windows
    ]
    ends = f"medians of {ENDS} windows at either end"
    return [*windows, Row(what=f"last ÷ first, {ends}", value=made.ratio, unit="",
                          ratio="cost_last_over_first", over=made.ratio, most=1.15)]  # fmt: skip


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
