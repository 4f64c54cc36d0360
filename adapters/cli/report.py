"""``corebank report NAME`` and ``corebank whatif``: every report of the catalogue as a command.

A required id is an argument, every other parameter an option: ``from_date`` is ``--from``.
"""

from __future__ import annotations

import datetime
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from adapters.cli.failures import clear_errors
from adapters.cli.output import AsJson, show, show_json
from adapters.cli.table_files import AsCsv, ToParquet, ToPlot, put_out
from adapters.database import open_database
from adapters.database.migrate import require_known_schema
from adapters.settings import Settings
from kernel.common.refusals import InvalidInput
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.queries.reading import Reader
from kernel.projections.reports.asking import Clocks, Report, Sources
from kernel.projections.reports.catalogue import REPORTS
from kernel.projections.reports.what_if import run_what_if
from kernel.reporting.what_if import change_of

report = typer.Typer(no_args_is_help=True, help="Figures at any as-of date and known-at position.")

_DAY = ["%Y-%m-%d"]
AsOf = Annotated[
    datetime.datetime | None, typer.Option("--as-of", formats=_DAY, help="Day to answer for.")
]
KnownAt = Annotated[int | None, typer.Option("--known-at", help="Log position.")]
COMMON: dict[str, Any] = {
    "as_of": AsOf,
    "known_at": KnownAt,
    "as_json": AsJson,
    "as_csv": AsCsv,
    "to_parquet": ToParquet,
    "to_plot": ToPlot,
}
FORMS = ("as_json", "as_csv", "to_parquet", "to_plot")


@contextmanager
def sources() -> Iterator[Sources]:
    """The read models and the log of the ledger that the settings name."""
    with open_database(Settings()) as database:
        require_known_schema(database.url, database.schema)
        sql = database.sqlalchemy_engine(pool_size=1)
        log = PostgresLog(database.url, database.schema)
        try:
            yield Sources(Reader(sql), log)
        finally:
            log.close()
            sql.dispose()


def _command(one: Report) -> Callable[..., None]:
    """A command with the report's parameters in its signature, which typer reads."""

    def run(**given: Any) -> None:
        with clear_errors():
            clocks = _clocks(given.pop("as_of"), given.pop("known_at"))
            forms = {name: given.pop(name) for name in FORMS}
            raw = {name: str(value) for name, value in given.items() if value is not None}
            with sources() as found:
                table = one.ask(found, raw, clocks)
            put_out(table, **forms)

    parameters = [
        *(_parameter(field) for field in msgspec.structs.fields(one.parameters)),
        *(_keyword(name, kind, _unset(name)) for name, kind in COMMON.items()),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


HELP = {
    "branch_id": "Only this branch.",
    "product_id": "Only this product.",
    "from_date": "First day, YYYY-MM-DD.",
    "to_date": "Last day, YYYY-MM-DD.",
    "months": "How many month ends.",
    "over_days": "Late is more days past due than this.",
}


def _parameter(field: msgspec.structs.FieldInfo) -> inspect.Parameter:
    if field.required and field.name.endswith("_id"):
        return _keyword(field.name, Annotated[str, typer.Argument()], inspect.Parameter.empty)
    flag = "--" + field.name.removesuffix("_date").removesuffix("_id").replace("_", "-")
    says = HELP.get(field.name, "")
    if field.required:
        option = typer.Option(flag, help=says)
        return _keyword(field.name, Annotated[str, option], inspect.Parameter.empty)
    shown = says if field.default is None else f"{says} {field.default} if not given."
    return _keyword(field.name, Annotated[str | None, typer.Option(flag, help=shown)], None)


def _keyword(name: str, kind: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _unset(name: str) -> bool | None:
    return False if name in ("as_json", "as_csv") else None


def _clocks(as_of: datetime.datetime | None, known_at: int | None) -> Clocks:
    return Clocks(as_of=None if as_of is None else as_of.date(), known_at=known_at)


@report.command("list")
def list_reports(as_json: AsJson = False) -> None:
    """Every report with its parameters."""
    if as_json:
        show_json(
            [
                {"name": r.name, "says": r.says, "parameters": r.parameters.__struct_fields__}
                for r in REPORTS.values()
            ]
        )
        return
    rows = [[r.name, r.says, ", ".join(r.parameters.__struct_fields__)] for r in REPORTS.values()]
    show("Reports", ["name", "shows", "parameters"], rows)


for _one in REPORTS.values():
    report.command(_one.name, help=f"{_one.says[0].upper()}{_one.says[1:]}.")(_command(_one))


def whatif(
    change: Annotated[Path, typer.Option("--change", help="What would be other, as JSON.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    to_parquet: ToParquet = None,
) -> None:
    """The ledger's loans under other terms, rates or rules: differences; nothing is kept."""
    with clear_errors():
        wanted = change_of(_document(change))
        with sources() as found:
            table = run_what_if(found, wanted, _clocks(as_of, known_at))
        put_out(table, as_json=as_json, as_csv=as_csv, to_parquet=to_parquet)


def _document(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise InvalidInput(("--change", f"{file}: {error}")) from None
