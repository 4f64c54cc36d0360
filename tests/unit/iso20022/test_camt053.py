"""Writing camt.053: the statement is read back with the library, figure by figure."""

from __future__ import annotations

import datetime
from decimal import Decimal

import msgspec
import pytest
from pyiso20022.camt import camt_053_001_08 as camt
from xsdata.formats.dataclass.parsers import XmlParser

from adapters.iso20022.camt053 import (
    Statement,
    StatementEntry,
    StatementUnbalanced,
    write_camt053,
)
from adapters.iso20022.xml import MessageInvalid, parse

DAY = datetime.date(2026, 3, 2)
SALARY = StatementEntry(
    reference="41",
    booking_date=DAY,
    value_date=datetime.date(2026, 2, 28),
    amount_minor=325_000,
    is_credit=True,
    text="三月工资",
)
RENT = StatementEntry(
    reference="57",
    booking_date=DAY,
    value_date=DAY,
    amount_minor=400_001,
    is_credit=False,
    is_reversal=True,
)
STATEMENT = Statement(
    message_id="STMT-A1-20260302",
    statement_id="A1-20260302",
    sequence_number=61,
    created_at=datetime.datetime(2026, 3, 3, 0, 0, 5, 999, tzinfo=datetime.UTC),
    account_id="6217000000000001",
    currency="CNY",
    first_on=DAY,
    last_on=DAY,
    opening_minor=25_000,
    closing_minor=-50_001,
    entries=(SALARY, RENT),
)


def read_back(statement: Statement) -> camt.AccountStatement9:
    """The statement as the library reads what was written."""
    document = XmlParser().from_bytes(write_camt053(statement), camt.Document)
    (only,) = document.bk_to_cstmr_stmt.stmt
    return only


def test_balances_say_which_side_they_are_on() -> None:
    opening, closing = read_back(STATEMENT).bal
    assert opening.tp.cd_or_prtry.cd == "OPBD"
    assert (opening.amt.value, opening.cdt_dbt_ind) == (
        Decimal("250.00"),
        camt.CreditDebitCode.CRDT,
    )
    assert closing.tp.cd_or_prtry.cd == "CLBD"
    assert (closing.amt.value, closing.cdt_dbt_ind) == (
        Decimal("500.01"),
        camt.CreditDebitCode.DBIT,
    )
    assert closing.dt.dt is not None
    assert closing.dt.dt.to_date() == DAY


def test_entries_keep_both_dates_side_and_text() -> None:
    first, second = read_back(STATEMENT).ntry
    assert (first.amt.value, first.amt.ccy) == (Decimal("3250.00"), "CNY")
    assert first.cdt_dbt_ind is camt.CreditDebitCode.CRDT
    assert first.bookg_dt is not None
    assert first.val_dt is not None
    assert (str(first.bookg_dt.dt), str(first.val_dt.dt)) == ("2026-03-02", "2026-02-28")
    assert (first.ntry_ref, first.addtl_ntry_inf, first.rvsl_ind) == ("41", "三月工资", None)
    assert first.sts.cd == "BOOK"
    assert (second.cdt_dbt_ind, second.rvsl_ind) == (camt.CreditDebitCode.DBIT, True)
    assert second.addtl_ntry_inf is None


def test_the_statement_is_of_the_account_and_numbered() -> None:
    statement = read_back(STATEMENT)
    assert statement.acct.id.othr is not None
    assert (statement.acct.id.othr.id, statement.acct.ccy) == ("6217000000000001", "CNY")
    assert statement.elctrnc_seq_nb == 61
    assert statement.fr_to_dt is not None
    assert str(statement.fr_to_dt.to_dt_tm) == "2026-03-02T23:59:59"


def test_a_statement_without_entries_is_a_statement() -> None:
    empty = msgspec.structs.replace(STATEMENT, entries=(), closing_minor=25_000)
    assert read_back(empty).ntry == []


def test_a_statement_in_yen_has_no_places() -> None:
    yen = msgspec.structs.replace(STATEMENT, currency="JPY")
    assert read_back(yen).bal[0].amt.value == Decimal("25000")


def test_a_statement_that_does_not_add_up_is_not_written() -> None:
    with pytest.raises(StatementUnbalanced, match="do not make 1"):
        write_camt053(msgspec.structs.replace(STATEMENT, closing_minor=1))


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "X" * 36},
        {"statement_id": ""},
        {"account_id": "9" * 35},
        {"entries": (msgspec.structs.replace(SALARY, amount_minor=-75_001),)},
    ],
)
def test_what_the_standard_does_not_allow_is_not_written(change: dict[str, object]) -> None:
    with pytest.raises(MessageInvalid):
        write_camt053(msgspec.structs.replace(STATEMENT, **change))


def test_what_is_written_is_valid_by_the_standards_schema() -> None:
    message, _ = parse(write_camt053(STATEMENT), ("camt.053.001.08",))
    assert message == "camt.053.001.08"
