"""``corebank report`` and ``corebank whatif`` on a real ledger: every report in every form."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import psycopg
import pytest
from pyarrow.parquet import read_table
from typer.testing import CliRunner, Result

from adapters.cli.main import app
from adapters.cli.report_plot import DRAWINGS
from adapters.database import Database
from kernel.eventstore.log import Batch
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.follower import Follower
from kernel.projections.reports.catalogue import REPORTS
from tests.store.test_reports import LIFE, PARAMETERS, WITHOUT_CREDIT

AS_ARGUMENT = {"loan_id", "account_id", "customer_id"}


@pytest.fixture
def ledger(postgres_url: str, schema_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger with loans, named by the settings."""
    engine = Database(postgres_url, schema_name).sqlalchemy_engine()
    log = PostgresLog(postgres_url, schema_name)
    log.append(Batch(facts=tuple(LIFE.facts)), log.head(), timeout_seconds=10)
    Follower(engine, log).catch_up()
    log.close()
    engine.dispose()
    monkeypatch.setenv("COREBANK_DATABASE_URL", postgres_url)
    monkeypatch.setenv("COREBANK_SCHEMA_NAME", schema_name)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def of(name: str) -> list[str]:
    """A report's name with parameters, as one types them."""
    words = ["report", name]
    for parameter, value in PARAMETERS.get(name, {}).items():
        if parameter not in AS_ARGUMENT:
            words.append(f"--{parameter.removesuffix('_date')}")
        words.append(value)
    return words


@pytest.mark.usefixtures("ledger")
def test_every_report_goes_out_as_csv_and_parquet(tmp_path: Path) -> None:
    for name in REPORTS:
        file = tmp_path / f"{name}.parquet"
        done = run(*of(name), "--csv", "--parquet", str(file))
        assert done.exit_code == 0, (name, done.output)
        head, *rows = csv.reader(io.StringIO(done.stdout))
        stored = read_table(file)
        assert head == stored.column_names
        assert len(rows) == stored.num_rows
        assert bool(rows) is (name not in WITHOUT_CREDIT)
        assert stored.schema.metadata[b"known_at"] == str(len(LIFE.facts)).encode()


@pytest.mark.usefixtures("ledger")
def test_clocks_pictures_and_tables(tmp_path: Path) -> None:
    asked = ["--as-of", "2026-03-18", "--known-at", "100", "--json"]
    found = json.loads(run("report", "loans", *asked).stdout)
    assert (found["as_of"], found["known_at"], len(found["rows"])) == ("2026-03-18", 100, 3)
    for name in DRAWINGS:
        file = tmp_path / f"{name}.svg"
        assert run(*of(name), "--plot", str(file)).exit_code == 0, name
        assert "<svg" in file.read_text()
    assert "120,000.00" in run("report", "loans", "--as-of", "2026-01-10").stdout


@pytest.mark.usefixtures("ledger")
def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    for words, said in (
        (["report", "ageing", "--as-of", "2099-01-01"], "UNANSWERABLE"),
        (["report", "vintage", "--months", "0"], "parameters.months"),
        (["report", "quality", "--plot", str(tmp_path / "q.svg")], "have a picture"),
        (["whatif", "--change", str(tmp_path / "none.json")], "--change"),
    ):
        done = run(*words)
        assert done.exit_code == 1
        assert said in done.stderr, (words, done.stderr)


@pytest.mark.usefixtures("ledger")
def test_what_if_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "change.json"
    file.write_text(json.dumps({"terms": {"penalty": {"multiplier_ppm": 3_000_000}}}))
    found = json.loads(run("whatif", "--change", str(file), "--json").stdout)
    assert [row["loan_id"] for row in found["rows"]] == ["L-1", "L-2", "L-4", "SUM"]
    file.write_text(json.dumps({"terms": {"method": "magic"}}))
    assert "L-1.terms.method" in run("whatif", "--change", str(file)).stderr


@pytest.mark.parametrize("words", ["status", "report loans", "audit verify", "rebuild ledger"])
def test_tables_of_another_revision_are_named(
    words: str, postgres_url: str, schema_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COREBANK_DATABASE_URL", postgres_url)
    monkeypatch.setenv("COREBANK_SCHEMA_NAME", schema_name)
    migrated = json.loads(run("migrate", "--json").stdout)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            f"UPDATE {schema_name}.alembic_version SET version_num = '9999'".encode()
        )
    done = run(*words.split())
    assert done.exit_code == 3
    assert done.stderr.startswith("SCHEMA_UNKNOWN"), done.stderr
    assert migrated["revision"] in done.stderr
    assert run("migrate").exit_code == 3


@pytest.mark.usefixtures("ledger")
def test_a_rebuilt_read_model_says_how_far_it_is() -> None:
    told = json.loads(run("rebuild", "ledger", "--json").stdout)
    assert told == {"read_model": "ledger", "position": len(LIFE.facts)}
