"""Questions about contracts and loans: both clocks, every figure, and what cannot be answered."""

from __future__ import annotations

from typing import Any

import pytest
from corebank.loan.v1 import standing_pb2 as pb
from corebank.rate.v1.rate_pb2 import GetIndexRequest, GetIndexResponse

from adapters.rpc.convert import fill
from adapters.rpc.loan_reads import LoanReads
from adapters.rpc.questions import at_of
from kernel.common.refusals import InvalidInput, Refusal
from tests.support.bank import Bank
from tests.support.lending import contract, drawn, pass_days


def answered(bank: Bank, method: str, reply: Any, request: Any) -> Any:
    """The reply of a question, as a message."""
    at = at_of(request, dated=method != "contract")
    fill(reply, getattr(LoanReads(bank.log), method)(request, at))
    return reply


def get_loan(bank: Bank, **at: Any) -> Any:
    return answered(bank, "loan", pb.GetLoanResponse(), pb.GetLoanRequest(loan_id="L-1", at=at))


def payoff(bank: Bank, **at: Any) -> Any:
    request = pb.QuotePayoffRequest(loan_id="L-1", at=at)
    return answered(bank, "payoff", pb.QuotePayoffResponse(), request)


def quote(bank: Bank, **fields: Any) -> Any:
    usual: dict[str, Any] = {
        "product_id": "micro",
        "amount_minor": 12_000_000,
        "instalments": 12,
        "annual_rate_ppm": 60_000,
    }
    request = pb.QuoteLoanRequest(**{**usual, **fields})
    return answered(bank, "quote_loan", pb.QuoteLoanResponse(), request)


def test_a_quote_shows_the_schedule_and_what_it_costs(bank: Bank) -> None:
    head = bank.log.head().position
    found = quote(bank)
    assert [line.number for line in found.schedule] == list(range(1, 13))
    assert sum(line.principal_minor for line in found.schedule) == 12_000_000
    assert found.total_cost_minor == sum(line.interest_minor for line in found.schedule)
    assert abs(found.all_in_ppm - 60_000) <= 1
    assert (found.product_version, found.known_at, bank.log.head().position) == (1, head, head)


def test_a_quote_is_what_the_loan_then_is(bank: Bank) -> None:
    offered = quote(bank).schedule
    contract(bank)
    drawn(bank)
    assert list(get_loan(bank).schedule) == list(offered)


def test_a_quote_outside_the_product_is_refused(bank: Bank) -> None:
    with pytest.raises(Refusal, match="instalments were asked"):
        quote(bank, instalments=37)
    with pytest.raises(InvalidInput, match="due_day"):
        quote(bank, due_day=40)


def test_how_a_loan_stood_by_what_was_known_then(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    pass_days(bank, "2026-04-20")
    known = bank.log.head().position
    paid = bank.done("RepayLoan", loan_id="L-1", amount_minor=1_100_000, value_date="2026-04-02")
    now, then = get_loan(bank), get_loan(bank, known_at=known)
    assert (now.status, now.days_past_due) == (pb.LOAN_STATUS_ACTIVE, 0)
    assert (then.status, then.days_past_due) == (pb.LOAN_STATUS_OVERDUE, 18)
    assert (then.past_due_since, then.due.principal_minor) == ("2026-04-02", 972_797)
    parts = [line for line in now.allocations if line.position == paid]
    assert sum(line.amount_minor for line in parts) == 1_100_000
    assert (now.next_due_date, now.known_at, now.as_of) == ("2026-05-02", paid, "2026-04-20")


def test_a_loan_stands_on_no_day_before_it_began_nor_after_today(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    for day in ("2026-03-01", "2026-03-03"):
        with pytest.raises(Refusal):
            get_loan(bank, as_of=day)
    with pytest.raises(Refusal, match="does not exist"):
        get_loan(bank, known_at=1)


def test_a_payoff_quoted_for_a_day_to_come_is_taken_on_that_day(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    bank.done("Deposit", account_id="A-1", amount_minor=1_000_000, currency="CNY", source="CASH",
              branch_id="0755")  # fmt: skip
    quoted = payoff(bank, as_of="2026-03-15")
    parts = quoted.normal_principal_minor + quoted.accrued_interest_minor + quoted.fees_minor
    assert quoted.payoff_minor == parts > 12_000_000
    pass_days(bank, "2026-03-15")
    bank.done("PayOffLoan", loan_id="L-1", amount_minor=quoted.payoff_minor)


def test_a_contract_is_known_from_its_application_on(bank: Bank) -> None:
    before = bank.log.head().position
    contract(bank)
    drawn(bank)
    reply, request = pb.GetContractResponse(), pb.GetContractRequest(contract_id="K-1")
    found = answered(bank, "contract", reply, request)
    assert (found.status, found.drawn_minor) == (pb.CONTRACT_STANDING_SIGNED, 12_000_000)
    assert (list(found.loan_ids), found.customer_id) == (["L-1"], "C-1")
    request.at.known_at = before + 1
    applied = answered(bank, "contract", pb.GetContractResponse(), request)
    assert applied.status == pb.CONTRACT_STANDING_APPLIED
    request.at.known_at = before
    with pytest.raises(Refusal, match="does not exist"):
        answered(bank, "contract", pb.GetContractResponse(), request)


def test_an_index_on_a_day(bank: Bank) -> None:
    for on, rate in (("2026-01-20", 31_000), ("2026-02-20", 30_000)):
        bank.done("PublishIndexRate", index_id="LPR1Y", published_on=on, rate_ppm=rate)
    for on, rate in (("2026-02-19", 31_000), ("2026-02-20", 30_000), ("2026-01-19", 0)):
        request = GetIndexRequest(index_id="LPR1Y", at={"as_of": on})
        found = answered(bank, "index", GetIndexResponse(), request)
        assert (found.rate_ppm, found.HasField("rate_ppm")) == (rate, bool(rate))
