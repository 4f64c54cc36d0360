"""How the command line shows things: tables for people, JSON for programs, one line for errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from kernel.common.fields import minor_digits
from kernel.common.refusals import InvalidInput, Refusal

WIDTH_MIN = 120

console = Console()
if not console.is_terminal:
    console = Console(width=WIDTH_MIN)
errors = Console(stderr=True)

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
    """Print a table; the last ``right`` columns are figures, set flush right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for i, column in enumerate(columns):
        is_figure = i >= len(columns) - right
        table.add_column(column, justify="right" if is_figure else "left", no_wrap=is_figure)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)


def show_json(value: Any) -> None:
    """Print plain JSON: structs as objects, dates as ISO 8601, bytes as base64."""
    console.print_json(json.dumps(_plain(value), ensure_ascii=False))


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=str, str_keys=True)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what went wrong into one line on standard error and exit code 1."""
    try:
        yield
    except Refusal as refusal:
        errors.print(f"[red]{refusal.code}[/red] {refusal}", highlight=False)
        raise typer.Exit(1) from None
    except InvalidInput as error:
        for path, reason in error.violations:
            errors.print(f"[red]INVALID_INPUT[/red] {path}: {reason}", highlight=False)
        raise typer.Exit(1) from None
