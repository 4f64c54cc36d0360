"""Interest of deposits in the general ledger, as a banker tells it: through the engine, by days."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from typer.testing import CliRunner

from adapters.cli.main import app
from kernel.projections import checks
from kernel.projections.models import READ_MODELS
from kernel.projections.refusals import AccountNotFound
from tests.support.bank import Bank, deposit, transfer
from tests.support.books import closing
from tests.support.deposit_books import (
    LEDGER,
    bank_of_deposits,
    books,
    day,
    figure,
    interest,
    lines_of,
    pass_days,
)
from tests.support.deposits import company, listed, term_deposit
from tests.support.rebuilding import require_clean_and_rebuilt


@pytest.fixture
def bank() -> Iterator[Bank]:
    """Demand deposits pay 0.05 %; A-1 holds 300,000 yuan since 2 March 2026."""
    with bank_of_deposits() as one:
        yield one


def test_a_day_brings_expense_and_what_is_payable(engine: Engine, bank: Bank) -> None:
    assert "6411" not in books(engine, bank)
    pass_days(bank, "2026-03-04")
    found = books(engine, bank)
    assert found["6411"] == -found["2231"] == interest(30_000_000 * 2)
    assert lines_of(engine, day(3, 2)) == {"deposits:PERSONAL_CURRENT": interest(30_000_000)}
    second = interest(30_000_000 * 2) - interest(30_000_000)
    assert lines_of(engine, day(3, 3)) == {"deposits:PERSONAL_CURRENT": second}


def test_a_settlement_leaves_payable_what_is_not_settled(engine: Engine, bank: Bank) -> None:
    """The quarter to the cent; behind it the days since, with interest on the interest."""
    bank.done("Deposit", **deposit(10**12))
    pass_days(bank, "2026-03-21")
    quarter = interest((10**12 + 30_000_000) * 19)
    assert books(engine, bank)["2231"] == -quarter
    bank.done("SettleInterest", account_id="A-1", settled_on="2026-03-20")
    assert "2231" not in books(engine, bank)
    pass_days(bank, "2026-03-23")
    since = interest((10**12 + 30_000_000 + quarter) // 100 * 100 * 2)
    found = books(engine, bank)
    assert (found["6411"], found["2231"]) == (quarter + since, -since)


def test_a_change_of_the_rate_counts_for_a_persons_whole_quarter(
    engine: Engine, bank: Bank
) -> None:
    company(bank)
    bank.done("Deposit", **deposit(10**9, "K-1"))
    listed(bank, "DEMAND", 100, since="2026-03-10")
    pass_days(bank, "2026-03-10")
    before = books(engine, bank)
    pass_days(bank, "2026-03-11")
    found = books(engine, bank)
    fallen = interest(30_000_000 * 9, 100) - interest(30_000_000 * 8)
    of_company = interest(10**9 * (8 * 500 + 100), 1) - interest(10**9 * 8)
    assert found["6411"] - before["6411"] == fallen + of_company
    assert lines_of(engine, day(3, 10)) == {
        "deposits:PERSONAL_CURRENT": fallen,
        "deposits:CORPORATE_CURRENT": of_company,
    }


def test_money_dated_back_brings_exactly_its_difference_on_the_open_day(
    engine: Engine, bank: Bank
) -> None:
    pass_days(bank, "2026-03-12")
    bank.done("Deposit", **deposit(50_000_000), value_date="2026-03-05")
    bank.done("Deposit", **deposit(70_000_000, "A-2"), value_date="2026-03-11")
    pass_days(bank, "2026-03-13")
    books(engine, bank)
    found = lines_of(engine, day(3, 12))
    assert found["deposit:A-1"] == interest(30_000_000 * 10 + 50_000_000 * 7) - interest(
        30_000_000 * 10
    )
    assert found["deposit:A-2"] == interest(70_000_000)
    assert sum(found.values()) + interest(30_000_000 * 10) == closing(engine)["6411"]


def test_an_early_withdrawal_takes_back_in_red_what_was_accrued_too_much(
    engine: Engine, bank: Bank
) -> None:
    term_deposit(bank)
    pass_days(bank, "2026-06-30")
    books(engine, bank)
    before = bank.balance("A-1")
    bank.done("WithdrawTermDeposit", deposit_id="TD-1")
    paid = bank.balance("A-1") - before - 2_000_000
    accrued = 7_211  # 3 months and 28 days of 22,000 a year
    assert paid == interest(2_000_000 * 120)
    pass_days(bank, "2026-07-01")
    books(engine, bank)
    assert lines_of(engine, day(6, 30))["deposit:TD-1"] == paid - accrued
    lines = LEDGER.lines.c
    with engine.connect() as connection:
        query = select(lines.subject, lines.debit_minor, lines.credit_minor)
        red = connection.execute(query.where(lines.account == "deposit:TD-1")).all()
        kinds = connection.execute(text("SELECT DISTINCT kind FROM journals")).scalars()
        assert set(kinds) == {"ORDINARY", "RED"}
    assert {tuple(row) for row in red} == {
        ("6411", paid - accrued, 0),
        ("2231", 0, paid - accrued),
    }
    part = figure(engine, bank, "2231", "TD-1")
    assert (part.closing_minor, part.earned_minor, part.settled_minor) == (0, paid, paid)


def test_what_exceeds_the_base_of_an_agreement_stands_apart(engine: Engine, bank: Bank) -> None:
    """From cut to cut, by difference, in both directions; nothing of it once the agreement ends."""
    company(bank)
    bank.done("Deposit", **deposit(80_000_000, "K-1"))
    bank.done(
        "SetAgreement", account_id="K-1", product_id="agreement", base_minor=10_000_000,
        annual_rate_ppm=9_000, until="2026-03-05",
    )  # fmt: skip
    pass_days(bank, "2026-03-03")
    found = books(engine, bank)
    assert (found["201111"], found["201113"]) == (-10_000_000, -70_000_000)
    withdrawn: dict[str, Any] = {**deposit(75_000_000, "K-1"), "ordering_customer_id": "C-9"}
    withdrawn["destination"] = withdrawn.pop("source")
    bank.done("Withdraw", **withdrawn)
    pass_days(bank, "2026-03-04")
    found = books(engine, bank)
    assert found["201111"] == -5_000_000
    assert "201113" not in found
    bank.done("Deposit", **deposit(35_000_000, "K-1"))
    pass_days(bank, "2026-03-05")
    assert books(engine, bank)["201113"] == -30_000_000
    pass_days(bank, "2026-03-06")
    found = books(engine, bank)
    assert found["201111"] == -40_000_000
    assert "201113" not in found


def everything(bank: Bank) -> None:
    """Deposits of every kind, through settlement, maturity, notice, agreement, late money."""
    company(bank)
    listed(bank, "AGREEMENT", 9_000)
    bank.done("Deposit", **deposit(80_000_000, "K-1"))
    term_deposit(bank, term_months=3, at_maturity="PAY_OUT")
    term_deposit(bank, term_months=3, at_maturity="ROLL_ALL", deposit_id="TD-2")
    term_deposit(bank, term_months=3, at_maturity="HOLD", deposit_id="TD-3")
    opened: dict[str, Any] = {"deposit_id": "ND-1", "account_id": "A-1", "product_id": "notice-7"}
    bank.done("OpenNoticeDeposit", **opened, amount_minor=12_000_000)
    noticed: dict[str, Any] = {"deposit_id": "ND-1", "amount_minor": 6_000_000}
    bank.done("GiveNotice", **noticed, notice_id="N-1", draw_on="2026-03-10")
    pass_days(bank, "2026-03-06")
    bank.done(
        "SetAgreement", account_id="K-1", product_id="agreement", base_minor=10_000_000,
        until="2026-05-01",
    )  # fmt: skip
    bank.done("Transfer", **transfer(1_234_567), value_date="2026-03-09")
    pass_days(bank, "2026-03-21")
    for account_id in ("A-1", "A-2", "K-1"):
        bank.done("SettleInterest", account_id=account_id, settled_on="2026-03-20")
    bank.done("Deposit", **deposit(9_999_999), value_date="2026-03-12")
    bank.done("WithdrawNoticeDeposit", deposit_id="ND-1", amount_minor=6_000_000)
    pass_days(bank, "2026-04-10")
    bank.done("AdvanceBusinessDate", date="2026-04-13")
    listed(bank, "DEMAND", 3_000, since="2026-04-20")
    bank.done("Transfer", **transfer(1_000_000), value_date="2026-04-12")
    pass_days(bank, "2026-06-03")
    bank.done("MatureDeposit", deposit_id="TD-1", matured_on="2026-06-02")
    bank.done("RolloverTermDeposit", deposit_id="TD-2", matured_on="2026-06-02")
    pass_days(bank, "2026-06-23")
    for account_id in ("A-1", "K-1"):
        bank.done("SettleInterest", account_id=account_id, settled_on="2026-06-20")
    pass_days(bank, "2026-06-25")


ACCOUNTS = ("A-1", "A-2", "K-1", "TD-1", "TD-2", "TD-3", "ND-1")


def test_every_kind_of_deposit_adds_up_and_explains_itself(engine: Engine, bank: Bank) -> None:
    everything(bank)
    found = books(engine, bank)
    parts = {each: figure(engine, bank, "2231", each) for each in ACCOUNTS}
    assert sum(one.closing_minor for one in parts.values()) == found["2231"]
    for one in parts.values():
        assert one.closing_minor == one.settled_minor - one.earned_minor
    since = {"from_date": day(3, 2)}
    whole = {each: figure(engine, bank, "6411", each, **since) for each in ACCOUNTS}
    assert sum(one.closing_minor for one in whole.values()) == found["6411"]
    for one in whole.values():
        assert sum(part.change_minor for part in one.parts) == one.closing_minor
    [days] = [each for each in parts["TD-3"].days if each.reason == "demand rate"]
    assert (days.from_date, days.days, days.annual_rate_ppm) == (day(6, 2), 23, 3_000)
    assert parts["A-1"].days[-1].to_date == day(6, 25)
    assert (parts["A-1"].rule_id, parts["A-1"].rule_version) == ("deposit.interest-payable", 1)
    with pytest.raises(AccountNotFound):
        figure(engine, bank, "2231", "X-1")


def test_the_audit_is_clean_and_a_rebuild_gives_the_same_books(
    postgres_url: str, schema_name: str, engine: Engine, bank: Bank
) -> None:
    everything(bank)
    require_clean_and_rebuilt(postgres_url, schema_name, engine, bank.log.read(0, 10_000))
    environment = {"COREBANK_DATABASE_URL": postgres_url, "COREBANK_SCHEMA_NAME": schema_name}
    words = ["explain", "2231", "--branch", "0755", "--account", "A-1"]
    said = json.loads(CliRunner().invoke(app, [*words, "--json"], env=environment).stdout)
    assert said["deposit"]["earned_on"] == "2026-06-24"
    table = CliRunner().invoke(app, words, env=environment)
    assert table.exit_code == 0, table.output
    for word in ("deposit.interest-payable v1", "demand rate", "earned to 2026-06-24"):
        assert word in table.stdout


def test_a_wrong_line_is_found_by_the_checks(engine: Engine, bank: Bank) -> None:
    """The seeded defects: an account that lost its money, and a total that lost a cent."""
    pass_days(bank, "2026-03-12")
    books(engine, bank)
    models = READ_MODELS
    for defect, check in (
        ("UPDATE deposit_interest SET balance_minor = 0 WHERE account_id = 'A-1'", "totals"),
        ("UPDATE deposit_interest_totals SET settled_minor = 1", "sub-ledger-control"),
    ):
        with engine.connect() as connection:
            connection.execute(text(defect))
            found = checks.audit(connection, models.balances, models.statements, LEDGER, day(3, 12))
            assert check in {one.check for one in found}
