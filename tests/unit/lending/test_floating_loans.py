"""Rates that follow an index: published, corrected, and taken over on the repricing day."""

from __future__ import annotations

import datetime
from typing import Any

from kernel.application.cycles import Cycles
from kernel.application.folds import INDEX
from kernel.rates.state import invariants
from tests.support.bank import Bank
from tests.support.lending import contract, drawn, loan, pass_days, publish, standing_on


def published(bank: Bank, on: str, rate_ppm: int, **fields: Any) -> int:
    about: dict[str, Any] = {"index_id": "LPR1Y", "published_on": on, "rate_ppm": rate_ppm}
    return bank.done("PublishIndexRate", by="treasurer", **about, **fields)


def floating(bank: Bank) -> None:
    publish(bank, "float", index="LPR1Y", repricing="anniversary", repricing_months=3)
    published(bank, "2026-02-20", 30_000)
    contract(bank, annual_rate_ppm=45_000, product_id="float")
    drawn(bank)


def test_one_rate_a_day_unless_it_is_a_correction(bank: Bank) -> None:
    published(bank, "2026-02-20", 30_000)
    about: dict[str, Any] = {"index_id": "LPR1Y", "rate_ppm": 31_000}
    twice = bank.refused("PublishIndexRate", **about, published_on="2026-02-20")
    assert twice == "INDEX_ALREADY_PUBLISHED"
    nothing = bank.refused(
        "PublishIndexRate", **about, published_on="2026-02-19", is_correction=True
    )
    assert nothing == "INDEX_NOT_PUBLISHED"
    assert bank.refused("PublishIndexRate", **about, published_on="2026-03-03") == (
        "PUBLISHED_IN_FUTURE"
    )
    published(bank, "2026-02-20", 31_000, is_correction=True)
    published(bank, "2026-01-20", 32_000)
    state = bank.states.get(INDEX, "LPR1Y")
    invariants(state)
    assert [each.rate_ppm for each in state.publications] == [32_000, 31_000]
    before = state.before(datetime.date(2026, 2, 20))
    assert before is not None
    assert before.rate_ppm == 32_000


def test_the_spread_is_fixed_at_the_signature(bank: Bank) -> None:
    floating(bank)
    published(bank, "2026-02-20", 20_000, is_correction=True)
    assert (loan(bank).index_id, loan(bank).spread_ppm) == ("LPR1Y", 15_000)


def test_a_loan_is_repriced_on_its_day_and_once(bank: Bank) -> None:
    floating(bank)
    pass_days(bank, "2026-06-02")
    published(bank, "2026-05-20", 28_000)
    published(bank, "2026-06-02", 10_000)
    assert bank.refused("RepriceLoan", loan_id="L-1", value_date="2026-06-01") == (
        "NOT_A_REPRICING_DAY"
    )
    at = bank.done("RepriceLoan", loan_id="L-1")
    assert standing_on(bank, "2026-06-01").annual_rate_ppb == 45_000_000
    assert standing_on(bank, "2026-06-02").annual_rate_ppb == 43_000_000
    assert bank.refused("RepriceLoan", loan_id="L-1") == "LOAN_ALREADY_REPRICED"
    bank.done("ReverseLoanEntry", loan_id="L-1", position=at, reason="the index was corrected")
    published(bank, "2026-05-20", 29_000, is_correction=True)
    bank.done("RepriceLoan", loan_id="L-1")
    assert standing_on(bank, "2026-06-02").annual_rate_ppb == 44_000_000


def test_a_day_missed_is_repriced_later_for_that_day(bank: Bank) -> None:
    floating(bank)
    pass_days(bank, "2026-06-05")
    bank.done("RepriceLoan", loan_id="L-1", value_date="2026-06-02")
    assert standing_on(bank, "2026-06-02").annual_rate_ppb == 45_000_000


def test_a_floating_contract_needs_a_published_index(bank: Bank) -> None:
    publish(bank, "float", index="LPR5Y")
    bank.done("ApplyForLoan", contract_id="K-1", customer_id="C-1", product_id="float",
              amount_minor=100, currency="CNY", instalments=3, account_id="A-1",
              purpose="seed")  # fmt: skip
    digest = "0" * 64
    bank.done("RecordCreditDecision", contract_id="K-1", outcome="APPROVED", rules="r",
              input_digest=digest, annual_rate_ppm=45_000)  # fmt: skip
    bank.done("OfferLoan", contract_id="K-1")
    signed: dict[str, Any] = {"document_digest": digest, "signed_by": "王芳"}
    assert bank.refused("SignContract", contract_id="K-1", **signed) == "NO_INDEX_RATE"


def test_the_rate_of_a_discounted_loan_stays_also_when_its_index_moves(bank: Bank) -> None:
    """Its interest was taken from the draw at the rate of that day; nobody asks on its days."""
    terms = {"method": "discounted"}
    publish(bank, "float", index="LPR1Y", repricing="anniversary", repricing_months=3, terms=terms)
    published(bank, "2026-02-20", 30_000)
    contract(bank, annual_rate_ppm=45_000, product_id="float", instalments=1)
    drawn(bank)
    pass_days(bank, "2026-04-02")
    assert bank.refused("RepriceLoan", loan_id="L-1") == "INTEREST_TAKEN_AHEAD"
    assert Cycles(bank.log, bank.log.head().position).of(loan(bank)) is None


def test_a_fixed_loan_is_not_repriced(bank: Bank) -> None:
    contract(bank)
    drawn(bank)
    assert bank.refused("RepriceLoan", loan_id="L-1") == "LOAN_IS_NOT_FLOATING"
