"""``corebank deposit``: what interest a deposit earns, from a file of terms and events."""

from __future__ import annotations

import csv
import datetime
import json
import sys
from typing import Annotated, Any

import pydantic
import typer

from adapters.cli.failures import clear_errors
from adapters.cli.output import AsJson, errors, show
from adapters.cli.scenarios import read_json
from kernel.common.refusals import InvalidInput
from kernel.deposits.scenario import DepositScenario, simulate

deposit = typer.Typer(no_args_is_help=True, help="Interest of deposits from a file.")


@deposit.callback()
def _group() -> None:
    """Interest of deposits from a file."""


@deposit.command("simulate")
def simulate_file(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A scenario or an array, as JSON.")],
    as_of: Annotated[
        datetime.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Value date.")
    ] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print pieces of interest as CSV.")] = False,
    as_table: Annotated[bool, typer.Option("--table", help="Print tables (default).")] = False,
) -> None:
    """Work out the interest of each scenario piece by piece."""
    with clear_errors():
        if as_json + as_csv + as_table > 1:
            raise InvalidInput(("--json --csv --table", "name one of them"))
        raw = read_json(file)
        single = isinstance(raw, dict)
        scenarios = [raw] if single else raw
        day = None if as_of is None else as_of.date()
        answers = [
            answer(each, "" if single else f"[{i}]", day) for i, each in enumerate(scenarios)
        ]
        if as_json:
            plain = answers[0] if single else answers
            sys.stdout.write(json.dumps(plain, ensure_ascii=False) + "\n")
        else:
            _print(answers, as_csv)
    if any("error" in each for each in answers):
        raise typer.Exit(1)


def answer(raw: Any, at: str, as_of: datetime.date | None) -> dict[str, Any]:
    """The interest of one scenario, or the error with its path in the file."""
    name = raw.get("id", at.strip("[]") or "deposit") if isinstance(raw, dict) else None
    try:
        if isinstance(raw, dict) and as_of is not None:
            raw = {**raw, "as_of": as_of.isoformat()}
        scenario = DepositScenario.model_validate_json(json.dumps(raw), strict=True)
        pieces = simulate(scenario)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        field, separator, rest = first["msg"].removeprefix("Value error, ").partition(": ")
        named = bool(separator) and " " not in field
        return _error(name, at, [*path, field] if named else path, rest if named else first["msg"])
    except ValueError as error:
        field, _, reason = str(error).partition(": ")
        return _error(name, at, [field], reason)
    total = sum(int(str(piece["interest_minor"])) for piece in pieces)
    return {"id": name, "interest": pieces, "interest_minor": total}


def _error(name: Any, at: str, path: list[str], reason: str) -> dict[str, Any]:
    joined = ".".join(path)
    where = f"{at}.{joined}" if at and joined else at + joined
    return {"id": name, "error": {"path": where or "$", "reason": reason}}


COLUMNS = ("reason", "from_date", "to_date", "interest_minor")


def _print(answers: list[dict[str, Any]], as_csv: bool) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if as_csv:
        writer.writerow(("id", *COLUMNS))
    for each in answers:
        if "error" in each:
            said = f"INVALID_INPUT {each['error']['path']}: {each['error']['reason']}"
            errors.print(said, highlight=False, markup=False)
            continue
        rows = [tuple(piece[name] for name in COLUMNS) for piece in each["interest"]]
        if as_csv:
            writer.writerows((each["id"], *row) for row in rows)
        else:
            show(str(each["id"]), COLUMNS, rows, right=1)
