"""Words for tests about lending: a loan product, and a bank that has lent under it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

from kernel.application.folds import BUSINESS_DATE, LOAN
from kernel.loans.standing import Standing
from kernel.loans.state import LoanState, standing_of
from tests.support.bank import Bank

DIGEST = "0" * 64


def definition(**fields: Any) -> dict[str, Any]:
    """A micro loan of equal instalments up to 500,000 yuan, unless said otherwise."""
    usual: dict[str, Any] = {
        "name": "Micro loan",
        "amount_max_minor": 50_000_000,
        "instalments_max": 36,
        "rate_max_ppm": 180_000,
        "needs_limit": False,
        "terms": {
            "method": "equal_instalment",
            "penalty": {"multiplier_ppm": 1_500_000},
            "prepayment": {"option": "shorten_term"},
        },
    }
    return {**usual, **fields}


def publish(bank: Bank, product_id: str = "micro", **fields: Any) -> None:
    """Define a loan product and put it on sale, by two people."""
    about: dict[str, Any] = {"product_id": product_id, "version": 1}
    text = json.dumps(definition(**fields))
    bank.done("DefineProduct", by="maker", **about, product_kind="LOAN", definition_json=text)
    bank.done("PublishProduct", by="checker", **about, effective_from="2026-03-02")


def contract(
    bank: Bank,
    contract_id: str = "K-1",
    *,
    amount_minor: int = 12_000_000,
    annual_rate_ppm: int = 60_000,
    instalments: int = 12,
    product_id: str = "micro",
    currency: str = "CNY",
    account_id: str = "A-1",
    guarantor_ids: Sequence[str] = (),
    **signed: Any,
) -> None:
    """A signed contract of C-1, paid out to and collected from A-1 unless said otherwise."""
    bank.done(
        "ApplyForLoan",
        contract_id=contract_id,
        customer_id="C-1",
        product_id=product_id,
        amount_minor=amount_minor,
        currency=currency,
        instalments=instalments,
        account_id=account_id,
        purpose="seed and fertiliser",
        guarantor_ids=list(guarantor_ids),
    )
    bank.done(
        "RecordCreditDecision",
        contract_id=contract_id,
        outcome="APPROVED",
        rules="simple.v1",
        input_digest=DIGEST,
        annual_rate_ppm=annual_rate_ppm,
    )
    bank.done("OfferLoan", contract_id=contract_id)
    bank.done(
        "SignContract",
        contract_id=contract_id,
        document_digest=DIGEST,
        signed_by="王芳",
        **signed,
    )


def drawn(bank: Bank, amount_minor: int = 12_000_000, loan_id: str = "L-1", **fields: Any) -> int:
    """Position of a draw."""
    asked: dict[str, Any] = {"contract_id": "K-1", "loan_id": loan_id, **fields}
    return bank.done("DrawLoan", **asked, amount_minor=amount_minor)


def pass_days(bank: Bank, until: str) -> None:
    """Let the business date go on to a day, ten days at a time at most."""
    today = bank.states.get(BUSINESS_DATE, "business-date").date
    last = datetime.date.fromisoformat(until)
    while today is not None and today < last:
        today = min(today + datetime.timedelta(days=10), last)
        bank.done("AdvanceBusinessDate", date=today.isoformat())


def loan(bank: Bank, loan_id: str = "L-1") -> LoanState:
    """The state of a loan, folded from the log alone."""
    state = LOAN.initial
    for fact in bank.log.history({f"loan:{loan_id}": 0})[f"loan:{loan_id}"]:
        state = LOAN.evolve(state, fact)
    assert isinstance(state, LoanState)
    return state


def standing_on(bank: Bank, on: str, loan_id: str = "L-1") -> Standing:
    """How a loan stands on a day."""
    return standing_of(loan(bank, loan_id), datetime.date.fromisoformat(on))


def internal_balance(bank: Bank, account: str) -> int:
    """Balance of an account of the bank itself over the whole log, debit positive."""
    head = bank.log.head().position
    facts = bank.log.facts_at(list(range(1, head + 1)))
    return sum(
        leg.amount_minor for fact in facts for leg in fact.event.legs if leg.account == account
    )
