"""A guarantor pays for a debtor over gRPC: books, claim in the record, the bureau's letter."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Desk, deposit
from tests.support.lender import drawn, in_order, loan, on_sale, pass_days, report, spent
from tests.support.lending import DIGEST


def test_a_guarantor_pays_and_has_the_claim(desk: Desk) -> None:
    desk.open_day()
    on_sale(desk)
    named: dict[str, Any] = {"contract_id": "K-1"}
    desk.do(
        "ApplyForLoan", "lender", **named, customer_id="C-1", product_id="micro",
        amount_minor=12_000_000, currency="CNY", instalments=12, account_id="A-1",
        purpose="seed", guarantor_ids=["C-2"],
    )  # fmt: skip
    decided: dict[str, Any] = {"outcome": "APPROVED", "annual_rate_ppm": 60_000}
    desk.do("RecordCreditDecision", "lender", **named, **decided, rules="r", input_digest=DIGEST)
    desk.do("OfferLoan", "lender", **named)
    most = [{"guarantor_id": "C-2", "max_minor": 1_000_000}]
    signed: dict[str, Any] = {"document_digest": DIGEST, "signed_by": "王芳", "guarantees": most}
    desk.do("SignContract", "lender", **named, **signed)
    [guarantor] = desk.ask("GetContract", "lender", **named).guarantors
    assert (guarantor.guarantor_id, guarantor.max_minor) == ("C-2", 1_000_000)
    drawn(desk)
    spent(desk, 12_100_000)
    desk.do("Deposit", **{**deposit(5_000_000), "account_id": "A-2"})
    pass_days(desk, "2026-04-12")
    due = loan(desk).due
    owed = sum(getattr(due, field.name) for field in due.DESCRIPTOR.fields)
    pays: dict[str, Any] = {"loan_id": "L-1", "guarantor_id": "C-2", "account_id": "A-2"}
    over = desk.refused("CompensateLoan", "lender", **pays, amount_minor=1_000_001)
    assert over.reason == "MORE_THAN_GUARANTEED"
    paid = min(owed, 1_000_000)
    desk.do("CompensateLoan", "lender", **pays, amount_minor=paid)
    found = loan(desk)
    [claim] = found.guarantor_claims
    assert (claim.guarantor_id, claim.paid_minor) == ("C-2", paid)
    books = in_order(desk)
    assert books["201101"] == -(5_000_000 - paid)
    [row] = report(desk, "bureau-status")
    assert row["status"][-1] == "D"
