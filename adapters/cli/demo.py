"""The demonstration: a bank day, then ten weeks of lending, through a real server, on PostgreSQL.

The server is a process of its own, in the session of this one and stopped by its process id; the
database is stopped by whoever started it. Ctrl-C leaves nothing running.
"""

from __future__ import annotations

import datetime
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import typer
from rich.progress import Progress

from adapters.cli import reports
from adapters.cli.client import Client
from adapters.cli.close import watched
from adapters.cli.day_file import read_day_file, read_payroll_file
from adapters.cli.feed import Feeder
from adapters.cli.generate_day import FIRST_DAY, generate_day
from adapters.cli.generate_loans import generate_loans
from adapters.cli.output import console, show
from adapters.cli.roles import read_tokens, write_credentials
from adapters.cli.table_files import put_out
from adapters.database import Database, open_database
from adapters.database.migrate import migrate
from adapters.settings import Settings
from kernel.audit.verify import verify
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.queries import ledger, statements
from kernel.projections.queries.reading import Reader
from kernel.projections.reports.asking import Clocks, Sources
from kernel.projections.reports.catalogue import REPORTS

SCHEMA = "demo"
LENDING_REPORTS: dict[str, dict[str, str]] = {
    "loan-allocations": {"loan_id": "L-14"},
    "loan-schedule": {"loan_id": "L-15"},
    "ageing": {},
}
"""A payment that was dated back, a loan that was helped, and how late all loans are."""
STOP_SECONDS = 15


def run_demo(seed: int, transfers: int) -> None:
    """Feed a generated day, a payroll and lending; close days; then show books and audit."""
    started = time.monotonic()
    settings = Settings(schema_name=SCHEMA)
    with open_database(settings) as database, tempfile.TemporaryDirectory() as folder:
        _fresh(database)
        files = generate_day(Path(folder), seed, transfers=transfers)
        lending = generate_loans(Path(folder), seed)
        _, tokens_file = write_credentials(Path(folder))
        with server(database, Path(folder)) as target:
            tokens = read_tokens(tokens_file)
            _feed(target, tokens, files.day_file, files.payroll)
            for file in lending:
                _feed(target, tokens, file)
                _close(target, tokens["operator"])
        _show(database, settings.data_folder / "ageing.svg")
    console.print(f"done in {time.monotonic() - started:.1f} s")


def _fresh(database: Database) -> None:
    """An empty ledger: what an earlier demonstration left is dropped."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{database.schema}" CASCADE'.encode())
    migrate(database.url, database.schema)


@contextmanager
def server(database: Database, folder: Path) -> Iterator[str]:
    """A server of the ledger as a process of its own; gives its address, stops it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = os.environ | {
        "COREBANK_DATABASE_URL": database.url,
        "COREBANK_SCHEMA_NAME": database.schema,
        "COREBANK_LISTEN": target,
        "COREBANK_CREDENTIALS_FILE": str(folder / "credentials.json"),
    }
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "adapters.cli", "serve"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        with Client(target) as client:
            client.wait_until_ready()
        yield target
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _feed(target: str, tokens: dict[str, str], day: Path, payroll: Path | None = None) -> None:
    with Client(target) as client, Progress(console=console) as progress:
        feeder = Feeder(client, tokens)
        files = [(day, list(read_day_file(day)))]
        if payroll is not None:
            files.append((payroll, read_payroll_file(payroll)))
        for file, lines in files:
            task = progress.add_task(f"feeding {file.name}", total=len(lines))
            result = feeder.feed(lines, lambda done, task=task: progress.update(task, advance=done))  # type: ignore[misc]
    console.print(f"{result.accepted} commands accepted, {result.refused} refused")
    if result.surprises:
        show("Unexpected answers", ["command", "expected", "answer"], result.surprises[:20])
        raise typer.Exit(1)


def _close(target: str, operator: str) -> None:
    """Close the open day, and wait until the read models hold all of it."""
    with Client(target, operator) as client:
        date = datetime.date.fromisoformat(client.call("GetBusinessDate", {}).date)
        found = watched(client, date, quiet=False)
        if not found.digest:
            console.print(f"the close of {date} failed: {found.error}")
            raise typer.Exit(1)
        console.print(f"{date} closed, digest {found.digest}")
        head = client.call("GetStatus", {}).head_position
        client.call("GetTrialBalance", {"at": {"min_position": head}})


def _show(database: Database, picture: Path) -> None:
    sql = database.sqlalchemy_engine(pool_size=1)
    reader, log = Reader(sql), PostgresLog(database.url, database.schema)
    reports.trial_balance(ledger.trial_balance(reader), as_json=False)
    account_id = _busy_account(database)
    reports.statement(statements.statement(reader, account_id, FIRST_DAY, FIRST_DAY), as_json=False)
    sources = Sources(reader, log)
    picture.parent.mkdir(parents=True, exist_ok=True)
    for name, asked in LENDING_REPORTS.items():
        table = REPORTS[name].ask(sources, asked, Clocks())
        put_out(table, to_plot=picture if name == "ageing" else None)
    verdict = verify(sql, log)
    reports.verdict(verdict, as_json=False)
    log.close()
    sql.dispose()
    if not verdict.is_clean:
        raise typer.Exit(1)


def _busy_account(database: Database) -> str:
    """A person's account with a handful of lines, the same for the same day."""
    with psycopg.connect(database.url) as connection:
        row = connection.execute(
            f'SELECT account_id FROM "{database.schema}".statement_lines'
            f' JOIN "{database.schema}".accounts USING (account_id)'.encode()
            + b" WHERE account_class = 'I' GROUP BY account_id"
            b" ORDER BY abs(count(*) - 9), account_id LIMIT 1"
        ).fetchone()
    assert row is not None, "the day has no statement line"
    return str(row[0])
