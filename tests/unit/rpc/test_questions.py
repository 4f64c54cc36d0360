"""What every question has in common: clocks, ids, days, pages."""

from __future__ import annotations

import datetime

import pytest
from corebank.account.v1 import account_pb2
from corebank.common.v1 import common_pb2
from corebank.ledger.v1 import ledger_pb2

from adapters.rpc.questions import (
    At,
    at_of,
    day,
    filter_by,
    identifier,
    known_position,
    page_size,
    page_start,
    page_token,
)
from kernel.common.refusals import InvalidInput
from kernel.eventstore.memory import MemoryLog
from kernel.projections.queries.statements import LineCursor
from kernel.projections.refusals import Unanswerable
from tests.support.bank import running_bank

CURSOR = LineCursor(datetime.date(2026, 3, 2), 17, 1)


def statement_of(
    account_id: str, token: str = "", known_at: int | None = None
) -> account_pb2.GetStatementRequest:
    """A question for a page of a statement."""
    return account_pb2.GetStatementRequest(
        account_id=account_id,
        from_date="2026-03-02",
        to_date="2026-03-31",
        at=common_pb2.At(known_at=known_at),
        page_token=token,
    )


def path_of(caught: pytest.ExceptionInfo[InvalidInput]) -> str:
    """The field that was refused."""
    return caught.value.violations[0][0]


def test_the_clocks_are_taken_as_given() -> None:
    """Absent ones stay absent."""
    asked = account_pb2.GetAccountRequest(at=common_pb2.At(as_of="2026-03-02", known_at=7))
    at = at_of(asked, dated=True)
    assert (at.as_of, at.known_at, at.min_position) == (datetime.date(2026, 3, 2), 7, None)
    assert at_of(account_pb2.GetAccountRequest(), dated=True) == At()


def test_a_day_that_the_answer_could_not_heed_is_refused() -> None:
    """Ignoring it would answer another question."""
    asked = account_pb2.GetStatementRequest(at=common_pb2.At(as_of="2026-03-02"))
    with pytest.raises(InvalidInput) as caught:
        at_of(asked, dated=False)
    assert path_of(caught) == "at.as_of"


@pytest.mark.parametrize("as_of", ["", "2026-02-30", "20260302", "2026-W10-1", "2026-03-02T00:00"])
def test_a_day_is_written_in_one_way(as_of: str) -> None:
    """In the clocks and in the fields alike."""
    with pytest.raises(InvalidInput) as caught:
        at_of(account_pb2.GetAccountRequest(at=common_pb2.At(as_of=as_of)), dated=True)
    assert path_of(caught) == "at.as_of"
    with pytest.raises(InvalidInput):
        day("from_date", as_of)


@pytest.mark.parametrize("value", ["", "A\x00", "x" * 41, "x" * 5_000, "Cafe\u0301", "' OR 1=1"])
def test_what_is_no_id_is_refused_before_anything_is_read(value: str) -> None:
    """By the name of the field."""
    with pytest.raises(InvalidInput) as caught:
        identifier("account_id", value)
    assert path_of(caught) == "account_id"


def test_an_empty_filter_filters_nothing() -> None:
    """Everything else is an id."""
    assert filter_by("branch_id", "") is None
    assert filter_by("branch_id", "0755") == "0755"
    with pytest.raises(InvalidInput):
        filter_by("branch_id", "\x00")


def test_the_log_is_known_up_to_its_head() -> None:
    """Any position from nothing to the head can be asked for, no other."""
    log = MemoryLog()
    with running_bank(log) as bank:
        bank.open_day()
    head = log.head().position
    assert known_position(log, At()) == head
    assert [known_position(log, At(known_at=at)) for at in (0, head)] == [0, head]
    for wrong in (At(known_at=-1), At(known_at=head + 1), At(min_position=head + 1)):
        with pytest.raises(Unanswerable):
            known_position(log, wrong)


@pytest.mark.parametrize(("asked", "size"), [(None, 100), (1, 1), (1_000, 1_000)])
def test_a_page_has_a_size(asked: int | None, size: int) -> None:
    """Absent, a hundred."""
    assert page_size(account_pb2.GetStatementRequest(page_size=asked)) == size


@pytest.mark.parametrize("asked", [0, -1, 1_001, 2**31 - 1])
def test_a_page_is_not_too_large(asked: int) -> None:
    """Nor empty."""
    with pytest.raises(InvalidInput):
        page_size(account_pb2.GetStatementRequest(page_size=asked))


def test_the_next_page_goes_on_at_the_same_position_of_the_log() -> None:
    """What was booked between two pages does not shift the second one."""
    token = page_token(statement_of("A-1"), 40, CURSOR)
    cursor, at = page_start(statement_of("A-1", token), At(), LineCursor)
    assert (cursor, at.known_at) == (CURSOR, 40)
    same = page_start(statement_of("A-1", token, known_at=40), At(known_at=40), LineCursor)
    assert same == (CURSOR, At(known_at=40))


def test_the_last_page_has_no_token_and_the_first_needs_none() -> None:
    """Empty both ways."""
    assert page_token(statement_of("A-1"), 40, None) == ""
    assert page_start(statement_of("A-1"), At(known_at=3), LineCursor) == (None, At(known_at=3))


def test_a_token_belongs_to_its_question() -> None:
    """Another account, another position, or another method: refused."""
    token = page_token(statement_of("A-1"), 40, CURSOR)
    journals = ledger_pb2.ListJournalsRequest(page_token=token)
    for message, at in (
        (statement_of("A-2", token), At()),
        (statement_of("A-1", token, known_at=41), At(known_at=41)),
        (journals, At()),
    ):
        with pytest.raises(InvalidInput) as caught:
            page_start(message, at, LineCursor)
        assert path_of(caught) == "page_token"


@pytest.mark.parametrize("token", ["x", "17", "99999999999999999999", "e30=", "\u00e9", "\x00"])
def test_a_made_up_token_is_refused(token: str) -> None:
    """It never reaches a query."""
    with pytest.raises(InvalidInput) as caught:
        page_start(statement_of("A-1", token), At(), LineCursor)
    assert path_of(caught) == "page_token"
