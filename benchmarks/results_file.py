"""Results as files: the raw rows of a run with the machine, the versions and the durability.

Units: as each row says. A ratio is taken between two figures of one run only.
"""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path

import msgspec
import psycopg
from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent / "results"
DURABILITY = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "server_version",
)
PACKAGES = ("grpcio", "psycopg", "eventsourcing", "msgspec", "cython", "protobuf")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure, and its ``ratio`` by name; ``least`` or ``most`` is what is asked of it."""

    what: str
    value: float
    unit: str
    ratio: str = ""
    over: float = 0.0
    least: float | None = None
    most: float | None = None

    @property
    def is_reached(self) -> bool | None:
        """Whether the figure is what was asked; None where nothing was."""
        if self.least is None and self.most is None:
            return None
        low = self.least is None or self.over >= self.least
        return low and (self.most is None or self.over <= self.most)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run."""

    name: str
    ended: str
    machine: dict[str, str]
    durability: dict[str, str]
    versions: dict[str, str]
    ratios: dict[str, float]
    rows: tuple[Row, ...]


def finished(name: str, url: str, rows: list[Row]) -> Run:
    """The run with everything that a reader needs to judge it."""
    with psycopg.connect(url, autocommit=True) as connection:
        settings = {
            setting: str(connection.execute(f"SHOW {setting}".encode()).fetchall()[0][0])
            for setting in DURABILITY
        }
    return Run(
        name=name,
        ended=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        machine={
            "cores": str(os.cpu_count()),
            "processor": processor(),
            "system": platform.platform(),
            "load_average": f"{os.getloadavg()[0]:.2f}",
        },
        durability=settings,
        versions={
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        ratios={row.ratio: round(row.over, 3) for row in rows if row.ratio},
        rows=tuple(rows),
    )


def processor() -> str:
    """The model that the system names, or its architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def write(run: Run, folder: Path = FOLDER) -> Path:
    """Write ``DATE-NAME.json`` and come back with its path; a run of the same day is replaced."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{run.ended[:10]}-{run.name}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=1) + b"\n")
    return path


def show(run: Run) -> None:
    """The rows as a table, with what was asked beside what was measured."""
    table = Table(title=f"{run.name}: one run, one server, fsync on", title_justify="left")
    for column in ("what", "figure", "ratio", "asked", ""):
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in run.rows:
        asked = f"≥ {row.least:g}" if row.least is not None else ""
        asked = f"< {row.most:g}" if row.most is not None else asked
        mark = {True: "[green]yes[/green]", False: "[red]no[/red]", None: ""}[row.is_reached]
        over = f"{row.over:,.2f}" if row.ratio else ""
        table.add_row(row.what, f"{row.value:,.1f} {row.unit}", over, asked, mark)
    Console(width=120).print(table)
