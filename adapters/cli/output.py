"""How the command line shows things: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from kernel.common.fields import minor_digits

console, errors = Console(), Console(stderr=True)
for _each in (console, errors):
    if not _each.is_terminal:
        _each.width = 10_000  # a file takes lines as long as they are

CHINESE_CELLS = 8

Target = Annotated[str, typer.Option(help="Address of the server.")]
Tokens = Annotated[
    Path | None, typer.Option(help="tokens.json of issue-credentials; none in development.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def money(amount_minor: int, currency: str) -> str:
    """An amount for people, in major units with thousands separated.

    >>> money(-123456789, "CNY"), money(5, "JPY")
    ('-1,234,567.89', '5')
    """
    digits = minor_digits(currency)
    sign = "-" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole:,}" + (f".{part:0{digits}d}" if digits else "")


def show(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, right: int = 0
) -> None:
    """Print a table; the last ``right`` columns are figures, set flush right.

    On a terminal that is too narrow lines are folded; then columns that say the same in every row
    are said once, below; then lines between columns go; at last it is shown row by row.
    """
    names = [column.replace("_", " ") for column in columns]
    texts = [["" if value is None else str(value) for value in row] for row in rows]
    whole = list(range(len(names)))
    telling = [i for i in whole if len({row[i] for row in texts}) != 1] if len(texts) > 1 else whole
    for kept, gap in ((whole, 3), (telling, 3), (telling, 1)):
        cells = [[names[i], *(row[i] for row in texts)] for i in kept]
        widths = _fitting(cells, console.width - 1 - gap * len(kept))
        if widths is None:
            continue
        table = Table(title=title, title_justify="left", header_style="bold")
        if gap == 1:
            table.box, table.padding = SIMPLE_HEAD, 0
        for i, width in zip(kept, widths, strict=True):
            justify: Literal["left", "right"] = "right" if i >= len(names) - right else "left"
            table.add_column(names[i], justify=justify, width=width, overflow="fold")
        for row in texts:
            table.add_row(*(row[i] for i in kept))
        console.print(table)
        if same := [f"{names[i]} {texts[0][i] or '–'}" for i in whole if i not in kept]:
            console.print(f"in every row: {', '.join(same)}", highlight=False)
        return
    _show_records(title, names, texts)


def _fitting(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Width of each column, the widest ones folded at spaces; None where words do not fit."""
    widths = [max(map(cell_len, cells)) for cells in columns]
    least = [
        max(_least(word) for text in cells for word in text.split() or [""]) for cells in columns
    ]
    while sum(widths) > room:
        spare = [width if width > bound else 0 for width, bound in zip(widths, least, strict=True)]
        if not any(spare):
            return None
        widths[spare.index(max(spare))] -= 1
    return widths


def _least(word: str) -> int:
    """Cells that a word needs; Chinese is broken anywhere."""
    return cell_len(word) if word.isascii() else min(cell_len(word), CHINESE_CELLS)


def _show_records(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One block a row: a name and its value in a line."""
    console.print(title if rows else f"{title}: no rows", style="table.title", highlight=False)
    grid = Table(show_header=False)
    grid.add_column()
    grid.add_column(overflow="fold")
    for row in rows:
        for name, value in zip(names, row, strict=True):
            grid.add_row(name, value)
        grid.add_section()
    console.print(grid)


def show_json(value: Any) -> None:
    """Print plain JSON: structs as objects, dates as ISO 8601, bytes as base64."""
    console.print_json(json.dumps(_plain(value), ensure_ascii=False))


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=str, str_keys=True)
