"""A customer opens an account, pays, looks at the statement; the auditor proves the books."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from lxml import etree

from adapters.cli.client import Client, message
from adapters.cli.demo import server
from adapters.cli.roles import read_tokens
from adapters.database import Database
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.follower import Follower
from tests.journeys.conftest import Desk, deposit, transfer


def test_a_customer_pays_and_reads_the_statement(desk: Desk) -> None:
    """Deposit, transfer, statement with opening and closing, camt.053, trial balance, proof."""
    desk.open_day()
    paid = desk.do("Transfer", "channel", **transfer(2_550), text="午餐").position
    at = {"min_position": paid}
    account = desk.ask("GetAccount", account_id="A-1", at=at)
    assert (account.balance.ledger_minor, account.balance.available_minor) == (97_450, 97_450)
    days = {"account_id": "A-1", "from_date": "2026-03-02", "to_date": "2026-03-02"}
    statement = desk.ask("GetStatement", **days, at=at)
    assert (statement.opening_minor, statement.closing_minor) == (0, 97_450)
    assert [line.amount_minor for line in statement.lines] == [100_000, -2_550]
    document = etree.fromstring(desk.ask("ExportStatement", **days, at=at).camt053)
    assert document.findtext(".//{*}Stmt/{*}Ntry[2]/{*}Amt") == "25.50"
    balance = desk.ask("GetTrialBalance", at=at)
    closing = {row.subject: row.closing_minor for row in balance.rows}
    assert closing == {"1001": 100_000, "201101": -100_000}
    verdict = desk.ask("VerifyLedger", "auditor")
    assert verdict.is_clean, verdict


def test_a_balance_counts_a_payment_that_no_read_model_holds(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody follows the log behind the opening of the day; the answer is that of the log's end."""
    monkeypatch.setenv("COREBANK_FOLLOW", "elsewhere")
    with server(database, folder) as target, Client(target) as client:
        desk = Desk(client, read_tokens(folder / "tokens.json"))
        opened = desk.open_day()
        sql = database.sqlalchemy_engine()
        Follower(sql, PostgresLog(database.url, database.schema)).catch_up()
        sql.dispose()
        paid = desk.do("Transfer", "channel", **transfer(2_550)).position
        for account_id, minor in (("A-1", 97_450), ("A-2", 2_550)):
            balance = desk.ask("GetAccount", account_id=account_id).balance
            assert (balance.ledger_minor, balance.known_at) == (minor, paid)
        before = desk.ask("GetAccount", account_id="A-2", at={"known_at": opened}).balance
        assert before.ledger_minor == 0
        assert {one.lag for one in desk.ask("GetStatus").read_models} == {1}


def test_both_clocks_answer_and_the_unanswerable_is_an_error(desk: Desk) -> None:
    """A backdated deposit counts as of its value date once it is known, not before."""
    first = desk.open_day()
    desk.do("AdvanceBusinessDate", "operator", date="2026-03-03")
    late = desk.do("Deposit", **deposit(500), value_date="2026-03-02").position
    at = {"as_of": "2026-03-02", "min_position": late}
    assert desk.ask("GetAccount", account_id="A-1", at=at).balance.ledger_minor == 100_500
    at["known_at"] = first
    assert desk.ask("GetAccount", account_id="A-1", at=at).balance.ledger_minor == 100_000
    for impossible in ({"known_at": 10**6}, {"as_of": "2020-01-01"}, {"as_of": "2099-01-01"}):
        with pytest.raises(Exception, match="UNANSWERABLE"):
            desk.ask("GetAccount", account_id="A-1", at=impossible)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"amount_minor": 0}, "INVALID_INPUT"),
    ({"amount_minor": -5}, "INVALID_INPUT"),
    ({"amount_minor": 10**16}, "INVALID_INPUT"),
    ({"currency": "XXQ"}, "INVALID_INPUT"),
    ({"currency": "USD"}, "WRONG_CURRENCY"),
    ({"payee_account_id": "Cafe\u0301"}, "INVALID_INPUT"),
    ({"payee_account_id": "Caf\u00e9"}, "INVALID_INPUT"),
    ({"payee_account_id": "A-1"}, "SAME_ACCOUNT"),
    ({"payee_account_id": "A-9"}, "ACCOUNT_NOT_FOUND"),
    ({"ordering_customer_id": "C-2"}, "NOT_THE_HOLDER"),
    ({"amount_minor": 100_001}, "INSUFFICIENT_FUNDS"),
    ({"text": "a\x00b"}, "INVALID_INPUT"),
    ({"text": "x" * 141}, "INVALID_INPUT"),
    ({"value_date": "2020-01-01"}, "VALUE_DATE_OUT_OF_WINDOW"),
    ({"value_date": "yesterday"}, "INVALID_INPUT"),
    ({"purpose": 99}, "INVALID_INPUT"),
]


def test_wrong_input_is_refused_by_name_and_leaves_nothing(desk: Desk) -> None:
    """Every wrong transfer has its code; the log stands where it stood."""
    head = desk.open_day()
    for wrong, code in WRONG:
        assert desk.refused("Transfer", **{**transfer(100), **wrong}).reason == code, wrong
    assert desk.ask("GetStatus").head_position == head


NOT_A_MESSAGE = b"\xff"


def test_bytes_that_are_no_message_are_invalid_input(database: Database, folder: Path) -> None:
    """In a payment, another write, a question and a feed; a stranger hears only that he is one."""
    calls = [
        ("payment.v1.PaymentService/Transfer", "unary_unary", "teller"),
        ("payment.v1.PaymentService/Deposit", "unary_unary", "teller"),
        ("account.v1.AccountService/GetAccount", "unary_unary", "teller"),
        ("audit.v1.AuditService/StreamEvents", "unary_stream", "auditor"),
    ]
    tokens = read_tokens(folder / "tokens.json")
    with server(database, folder) as target, grpc.insecure_channel(target) as channel:
        for method, shape, role in calls:
            call = getattr(channel, shape)(f"/corebank.{method}")
            for token, code in (
                (tokens[role], grpc.StatusCode.INVALID_ARGUMENT),
                ("of-nobody", grpc.StatusCode.UNAUTHENTICATED),
            ):
                with pytest.raises(grpc.RpcError) as caught:
                    list(call(NOT_A_MESSAGE, metadata=[("authorization", f"Bearer {token}")]))
                assert caught.value.code() is code, method


def test_a_used_command_id_is_refused_for_another_request(desk: Desk) -> None:
    """Same id: same request, same bytes; another amount or method refused; roles do not mix."""
    head = desk.open_day()
    first = desk.do("Transfer", command_id="mine", **transfer(100))
    again = desk.do("Transfer", command_id="mine", **transfer(100))
    assert first.SerializeToString() == again.SerializeToString()
    other = {"command_id": "mine"}
    assert desk.refused("Transfer", **other, **transfer(101)).reason == "COMMAND_ID_REUSED"
    assert desk.refused("Deposit", **other, **deposit(100)).reason == "COMMAND_ID_REUSED"
    assert desk.ask("GetStatus").head_position == head + 1
    not_known = desk.ask("GetCommandOutcome", "channel", command_id="mine").outcome
    assert not not_known.HasField("receipt")


def test_roles_may_do_what_their_permission_says(desk: Desk) -> None:
    """A teller does not open the day, an auditor moves no money, a stranger nothing at all."""
    assert desk.refused("OpenBusinessDate", date="2026-03-02").reason == "PERMISSION_LACKING"
    assert desk.refused("Transfer", "auditor", **transfer(1)).reason == "PERMISSION_LACKING"
    desk.tokens["stranger"] = "wrong"
    assert desk.refused("Transfer", "stranger", **transfer(1)).reason == "TOKEN_UNKNOWN"


def test_each_transfer_of_a_stream_has_its_own_outcome(desk: Desk) -> None:
    """Many transfers a message; one refusal does not touch its neighbours."""
    desk.open_day()
    sent = message("StreamTransfers", {})
    for number, amount in enumerate((100, 10**9, 200)):
        one = {"command_id": f"s-{number}", **transfer(amount)}
        sent.transfers.add().CopyFrom(message("Transfer", one))  # type: ignore[attr-defined]
    token = desk.tokens["channel"]
    [reply] = desk.client.stream("StreamTransfers", iter([sent]), token=token)
    assert [outcome.code for outcome in reply.outcomes] == ["", "INSUFFICIENT_FUNDS", ""]
    assert reply.outcomes[1].figures["asked_minor"] == str(10**9)


def test_a_bulk_transfer_pays_all_or_nothing(desk: Desk) -> None:
    """One payee that does not exist refuses the whole."""
    head = desk.open_day()
    order = {"ordering_customer_id": "C-1", "payer_account_id": "A-1", "currency": "CNY"}
    good = {"payee_account_id": "A-2", "amount_minor": 100}
    bad = {"payee_account_id": "A-9", "amount_minor": 100}
    assert desk.refused("BulkTransfer", **order, items=[good, bad]).reason == "ACCOUNT_NOT_FOUND"
    assert desk.ask("GetStatus").head_position == head
    desk.do("BulkTransfer", **order, items=[good, good])
    assert desk.ask("GetStatus").head_position == head + 1


def test_a_standing_order_pays_on_its_days_and_only_once(desk: Desk) -> None:
    """Missed days catch up in order; a second run finds nothing to do."""
    desk.open_day()
    order = {**transfer(300), "first_on": "2026-03-03", "every": "DAYS", "interval": 1}
    desk.do("SetStandingOrder", standing_order_id="S-1", **order)
    desk.do("AdvanceBusinessDate", "operator", date="2026-03-05")
    ran = desk.ask("RunStandingOrders", "operator")
    assert (ran.paid_count, ran.missed_count, ran.open_count) == (3, 0, 0)
    assert desk.ask("RunStandingOrders", "operator").paid_count == 0


DAMAGE = [
    ("DELETE FROM log WHERE position = 5", "positions gapless"),
    ("UPDATE log SET recorded_at = '2001-01-01' WHERE position = 5", "recorded time"),
    ("UPDATE entity_index SET positions = array_remove(positions, 10)", "entity index complete"),
    ("UPDATE accounts SET ledger_minor = ledger_minor + 1 WHERE account_id = 'A-1'", "balances"),
    ("UPDATE ledger_totals SET debit_minor = debit_minor + 1 WHERE subject = '1001'", "ledger ="),
    ("UPDATE journal_lines SET debit_minor = 1 WHERE debit_minor > 0", "journals, trial balance"),
]


def wait_until_indexed(connection: psycopg.Connection, position: int) -> None:
    """The index follows behind the log; damage to it needs something that is there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        [(watermark,)] = connection.execute("SELECT position FROM index_watermark").fetchall()
        if watermark >= position:
            return
        time.sleep(0.05)
    raise AssertionError(f"the index did not reach {position}")


@pytest.mark.parametrize(("statement", "check"), DAMAGE, ids=[check for _, check in DAMAGE])
def test_the_audit_names_what_a_superuser_damaged(
    desk: Desk, database: Database, statement: str, check: str
) -> None:
    """Rows changed behind the bank's back: the verdict is not clean and names the difference."""
    desk.ask("GetTrialBalance", at={"min_position": desk.open_day()})
    assert desk.ask("VerifyLedger", "auditor").is_clean
    with psycopg.connect(
        database.url, options=f"-c search_path={database.schema}", autocommit=True
    ) as connection:
        wait_until_indexed(connection, 10)
        connection.execute(statement.encode())
    verdict = desk.ask("VerifyLedger", "auditor")
    assert not verdict.is_clean
    assert any(c.name.startswith(check) and c.findings for c in verdict.checks), verdict
