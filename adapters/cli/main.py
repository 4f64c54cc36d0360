"""The command line: run a ledger, feed it, ask it, prove it."""

from __future__ import annotations

import asyncio
import datetime
import signal
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.progress import Progress

from adapters.cell import Cell, running, tune_process
from adapters.cli import reports
from adapters.cli.client import Client
from adapters.cli.close import close
from adapters.cli.day_file import DayLine, read_day_file, read_payroll_file
from adapters.cli.demo import run_demo
from adapters.cli.deposit import deposit
from adapters.cli.explain import explain
from adapters.cli.failures import EXIT_CODES, clear_errors
from adapters.cli.feed import Feeder
from adapters.cli.generate_day import generate_day
from adapters.cli.loan import loan
from adapters.cli.output import AsJson, Target, Tokens, console, show, show_json
from adapters.cli.report import report, whatif
from adapters.cli.roles import read_tokens, write_credentials
from adapters.database import open_database
from adapters.database.guards import require_durability
from adapters.database.migrate import migrate as migrate_schema
from adapters.database.migrate import require_known_schema
from adapters.rpc.feeds import event_dict, fold_of, known_history
from adapters.rpc.security import Gate
from adapters.rpc.server import serve as serve_cell
from adapters.settings import Settings, log_as_json
from kernel.accounts.policy import POLICY as ACCOUNT_POLICY
from kernel.application.clock import SystemClock
from kernel.audit.verify import verify
from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.collateral.policy import POLICY as COLLATERAL_POLICY
from kernel.deposits.policy import POLICY as DEPOSIT_POLICY
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.postgres import PostgresLog
from kernel.grading.policy import POLICY as GRADING_POLICY
from kernel.limits.policy import POLICY as LIMIT_POLICY
from kernel.loans.policy import POLICY as LENDING_POLICY
from kernel.projections import progress
from kernel.projections.models import READ_MODELS
from kernel.projections.rebuild import rebuild as rebuild_model

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Run a ledger, feed it, ask it, prove it.",
    epilog=EXIT_CODES,
)
audit = typer.Typer(no_args_is_help=True, help="Replay, inspect and prove the history.")
AsOf = Annotated[
    datetime.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Value date.")
]
POLICIES = (
    ACCOUNT_POLICY, DEPOSIT_POLICY, LIMIT_POLICY, COLLATERAL_POLICY, GRADING_POLICY,
    LENDING_POLICY, LOAN_POLICY,
)  # fmt: skip
"""Every table of dated numbers; what of them was not read in its source is said at start."""
KnownAt = Annotated[int | None, typer.Option("--known-at", help="Log position.")]
Seed = Annotated[int, typer.Option(help="The same seed makes the same day.")]
Transfers = Annotated[int, typer.Option(help="How many market payments.")]


def _date(value: datetime.datetime | None) -> datetime.date | None:
    return None if value is None else value.date()


SETTINGS = "\n\n".join(
    f"COREBANK_{name.upper()}  {field.description}" for name, field in Settings.model_fields.items()
)


@app.command(epilog=SETTINGS)
def serve() -> None:
    """Run the gRPC server of one ledger until Ctrl-C; it logs one JSON object a line."""
    log_as_json()
    unverified = sorted({row.key for table in POLICIES for row in table.unverified()})
    structlog.get_logger(__name__).warning("policy.unverified", keys=unverified)
    with clear_errors():
        _serve_ledger(Settings())


def _serve_ledger(settings: Settings) -> None:
    with open_database(settings) as database:
        require_durability(database.url, allow_unsafe=settings.allow_unsafe_durability)
        require_known_schema(database.url, database.schema)
        gate = Gate.of(settings.credentials_file, settings.listen, development=settings.development)
        sql = database.sqlalchemy_engine()
        cell = Cell(database.url, database.schema, sql, follow=settings.follow)
        if settings.read_only:
            cell.watch.abstain()
        with running(cell):
            asyncio.run(_serve(cell, gate, settings.listen))
        sql.dispose()


async def _serve(cell: Cell, gate: Gate, listen: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    await serve_cell(cell, gate, listen, stopping)


@app.command()
def status(as_json: AsJson = False) -> None:
    """How far the read models and the entity index are behind the log."""
    with clear_errors(), open_database(Settings()) as database:
        require_known_schema(database.url, database.schema)
        sql, log = (
            database.sqlalchemy_engine(pool_size=1),
            PostgresLog(database.url, database.schema),
        )
        lags = progress.Progress(sql, log).lags(SystemClock().now())
        unindexed = Indexer(database.url, database.schema).advance(0)
        reports.status(log.head().position, unindexed, lags, as_json=as_json)
        sql.dispose()


@app.command()
def migrate(as_json: AsJson = False) -> None:
    """Make or upgrade the tables of the ledger; safe to run from several processes."""
    with clear_errors(), open_database(Settings()) as database:
        revision = migrate_schema(database.url, database.schema)
        if as_json:
            show_json({"schema": database.schema, "revision": revision})
        else:
            console.print(f"schema {database.schema} is up to date, at revision {revision}")


@app.command("generate-day")
def generate(
    folder: Path,
    seed: Seed = 1,
    customers: Annotated[int, typer.Option(help="How many people and companies.")] = 200,
    transfers: Transfers = 2_000,
    as_json: AsJson = False,
) -> None:
    """Write a bank day (day.jsonl and payroll.xml); the same seed writes the same bytes."""
    with clear_errors():
        folder.mkdir(parents=True, exist_ok=True)
        paths = generate_day(folder, seed, customers, transfers)
        if as_json:
            show_json({"day_file": str(paths.day_file), "payroll": str(paths.payroll)})
        else:
            console.print(f"{paths.day_file}\n{paths.payroll}")


@app.command("issue-credentials")
def issue_credentials(folder: Path, as_json: AsJson = False) -> None:
    """Write credentials.json for the server and tokens.json for clients, one principal a role."""
    with clear_errors():
        folder.mkdir(parents=True, exist_ok=True)
        credentials, tokens = write_credentials(folder)
        if as_json:
            show_json({"credentials": str(credentials), "tokens": str(tokens)})
        else:
            console.print(f"{credentials}\n{tokens}")


@app.command()
def feed(
    file: Path,
    target: Target = "127.0.0.1:50051",
    tokens: Tokens = None,
    orderer: Annotated[str | None, typer.Option(help="Ordering customer of a payroll.")] = None,
    as_json: AsJson = False,
) -> None:
    """Feed a day file or a pain.001 message over gRPC; safe to repeat."""
    with clear_errors(), Client(target) as client:
        lines = read_lines(file, orderer)
        client.wait_until_ready()
        with Progress(console=console, disable=as_json) as progress:
            task = progress.add_task(file.name, total=len(lines))
            feeder = Feeder(client, read_tokens(tokens))
            result = feeder.feed(lines, lambda done: progress.update(task, advance=done))
    if as_json:
        show_json(result)
    else:
        console.print(f"{result.accepted} accepted, {result.refused} refused")
        if result.surprises:
            show("Unexpected answers", ["command", "expected", "answer"], result.surprises[:20])
    raise typer.Exit(1 if result.surprises else 0)


def read_lines(file: Path, orderer: str | None = None) -> list[DayLine]:
    """Lines of a day file, or the transfers of a pain.001 message, whole and checked."""
    if file.suffix == ".xml":
        return read_payroll_file(file, orderer)
    return list(read_day_file(file))


@app.command()
def demo(seed: Seed = 1, transfers: Transfers = 2_000) -> None:
    """Run a bank day and ten weeks of lending from an empty ledger; show the books and proof."""
    with clear_errors():
        run_demo(seed, transfers)


@app.command()
def rebuild(name: str, as_json: AsJson = False) -> None:
    """Build a read model anew from the log, beside live traffic, and put it in place."""
    known = ", ".join(one.name for one in READ_MODELS.all)
    try:
        model = READ_MODELS.named(name)
    except KeyError:
        raise typer.BadParameter(f"known are {known}") from None
    with clear_errors(), open_database(Settings()) as database:
        require_known_schema(database.url, database.schema)
        sql = database.sqlalchemy_engine()
        position = rebuild_model(sql, PostgresLog(database.url, database.schema), model)
        sql.dispose()
        if as_json:
            show_json({"read_model": name, "position": position})
        else:
            console.print(f"{name} rebuilt, at position {position}")


@audit.command("history")
def audit_history(
    entity: str, as_of: AsOf = None, known_at: KnownAt = None, as_json: AsJson = False
) -> None:
    """What happened to an entity such as account:A-1 or payment:17."""
    with clear_errors(), open_database(Settings()) as database:
        require_known_schema(database.url, database.schema)
        log = PostgresLog(database.url, database.schema)
        facts = known_history(log, entity, known_at, _date(as_of))
        events: list[dict[str, Any]] = [event_dict(fact) for fact in facts]
        if as_json:
            show_json(events)
        else:
            columns = ["position", "booked", "value date", "principal", "event", "content"]
            keys = ["position", "booking_date", "value_date", "principal", "name", "data"]
            show(f"History of {entity}", columns, [[one[key] for key in keys] for one in events])


@audit.command("state")
def audit_state(
    entity: str, as_of: AsOf = None, known_at: KnownAt = None, as_json: AsJson = True
) -> None:
    """An entity's state, folded from its history up to a position and a value date."""
    with clear_errors(), open_database(Settings()) as database:
        require_known_schema(database.url, database.schema)
        log = PostgresLog(database.url, database.schema)
        show_json(fold_of(log, entity, known_at, _date(as_of)))


@audit.command("verify")
def audit_verify(as_json: AsJson = False) -> None:
    """Re-read the whole log, compare it with everything computed live; exit 1 if not clean."""
    with clear_errors(), open_database(Settings()) as database:
        require_known_schema(database.url, database.schema)
        sql = database.sqlalchemy_engine(pool_size=1)
        tune_process()
        found = verify(sql, PostgresLog(database.url, database.schema))
        reports.verdict(found, as_json=as_json)
        sql.dispose()
    raise typer.Exit(0 if found.is_clean else 1)


app.command("close")(close)
app.command("explain")(explain)
app.command("whatif")(whatif)
for _name, _commands in (
    ("report", report),
    ("audit", audit),
    ("loan", loan),
    ("deposit", deposit),
):
    app.add_typer(_commands, name=_name)
