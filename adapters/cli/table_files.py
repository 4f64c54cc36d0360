"""A report's table on the terminal or in a file: rich, JSON, CSV, Parquet, PNG or SVG.

Units: amounts stay whole minor units in files; the terminal shows them in major units.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from pyarrow import Table as ArrowTable
from pyarrow.parquet import ParquetWriter

from adapters.cli.output import AsJson, console, money, show, show_json
from adapters.cli.report_plot import draw
from kernel.common.refusals import InvalidInput
from kernel.reporting.table import Cell, Table

AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
ToParquet = Annotated[Path | None, typer.Option("--parquet", help="Write a Parquet file.")]
ToPlot = Annotated[Path | None, typer.Option("--plot", help="Draw a PNG or SVG.")]


def put_out(
    table: Table,
    *,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    to_parquet: ToParquet = None,
    to_plot: ToPlot = None,
) -> None:
    """Show the table in the one form asked for; files are written beside what is printed.

    Raises InvalidInput for two forms at once and for a file that cannot be written.
    """
    if as_json and as_csv:
        raise InvalidInput(("--json --csv", "name one of them"))
    if to_parquet is not None:
        write_parquet(table, to_parquet)
    if to_plot is not None:
        draw(table, to_plot)
    if as_json:
        names = table.columns
        rows = [dict(zip(names, row, strict=True)) for row in table.rows]
        show_json({**msgspec.structs.asdict(table), "rows": rows})
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows(table.rows)
    else:
        _show(table)
        for written in filter(None, (to_parquet, to_plot)):
            console.print(f"wrote {written}")


def write_parquet(table: Table, path: Path) -> None:
    """The table as Parquet, its clocks in the file's metadata; raises InvalidInput."""
    columns: dict[str, Any] = {name: table.column(name) for name in table.columns}
    clocks = {"name": table.name, "as_of": str(table.as_of), "known_at": str(table.known_at)}
    made = ArrowTable.from_pydict(columns).replace_schema_metadata(clocks)
    try:
        with ParquetWriter(path, made.schema) as writer:
            writer.write_table(made)
    except OSError as error:
        raise InvalidInput(("--parquet", str(error))) from None


def _show(table: Table) -> None:
    figures = [name for name in table.columns if _is_figure(name)]
    order = [name for name in table.columns if name not in figures] + figures
    at = {name: place for place, name in enumerate(table.columns)}
    rows = [[_cell(name, row[at[name]], row, at) for name in order] for row in table.rows]
    title = f"{table.name} as of {table.as_of} (known at {table.known_at})"
    names = [name.removesuffix("_minor").removesuffix("_bp") for name in order]
    show(title, names, rows, right=len(figures))


def _is_figure(name: str) -> bool:
    return name.endswith(("_minor", "_bp", "_ppm", "_ppb")) or name in FIGURES


FIGURES = frozenset({
    "loans", "debtors", "months_on_book", "grade", "grade_change", "days_past_due",
    "days_past_due_change",
})  # fmt: skip


def _cell(name: str, value: Cell, row: tuple[Cell, ...], at: dict[str, int]) -> str:
    if value is None:
        return ""
    if name.endswith("_minor") and isinstance(value, int):
        currency = row[at["currency"]] if "currency" in at else "CNY"
        return money(value, str(currency))
    if name.endswith("_bp") and isinstance(value, int):
        return f"{value / 100:.2f} %"
    return str(value)
