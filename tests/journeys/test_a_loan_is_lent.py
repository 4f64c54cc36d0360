"""A lender lends with a partner, collects, and takes an asset; the auditor proves the books."""

from __future__ import annotations

import json
from typing import Any

from tests.journeys.conftest import Desk
from tests.support.lending import DIGEST, definition


def sign(desk: Desk) -> None:
    """A product on sale, and a contract that a partner lends three tenths of."""
    about: dict[str, Any] = {"product_id": "micro", "version": 1}
    text = json.dumps(definition())
    desk.do("DefineProduct", "product-maker", **about, product_kind="LOAN", definition_json=text)
    desk.do("PublishProduct", "product-checker", **about, effective_from="2026-03-02")
    applied: dict[str, Any] = {
        "customer_id": "C-1",
        "product_id": "micro",
        "amount_minor": 12_000_000,
        "currency": "CNY",
        "instalments": 12,
        "account_id": "A-1",
        "purpose": "seed",
    }
    named: dict[str, Any] = {"contract_id": "K-1"}
    desk.do("ApplyForLoan", "lender", **named, **applied)
    decided: dict[str, Any] = {"outcome": "APPROVED", "annual_rate_ppm": 60_000}
    desk.do("RecordCreditDecision", "lender", **named, **decided, rules="r.v1", input_digest=DIGEST)
    desk.do("OfferLoan", "lender", **named)
    partner = {"partner_id": "P-1", "share_ppm": 300_000}
    signed: dict[str, Any] = {"document_digest": DIGEST, "signed_by": "王芳", "partner": partner}
    desk.do("SignContract", "lender", **named, **signed)


def test_a_loan_from_the_quote_to_the_asset(desk: Desk) -> None:
    desk.open_day()
    sign(desk)
    asked: dict[str, Any] = {"amount_minor": 12_000_000, "instalments": 12}
    quoted = desk.ask("QuoteLoan", "lender", product_id="micro", annual_rate_ppm=60_000, **asked)
    desk.do("DrawLoan", "lender", contract_id="K-1", loan_id="L-1", amount_minor=12_000_000)
    for day in ("2026-03-12", "2026-03-22", "2026-04-01", "2026-04-02"):
        desk.do("AdvanceBusinessDate", "operator", date=day)
    collected = desk.do("CollectInstalment", "operator", loan_id="L-1").position
    found = desk.ask("GetLoan", "auditor", loan_id="L-1", at={"min_position": collected})
    assert list(found.schedule)[1:] == list(quoted.schedule)[1:]
    assert (found.due.principal_minor, found.next_due_date) == (0, "2026-05-02")
    assert found.schedule[0].paid_minor == quoted.schedule[0].total_minor
    desk.do("AdvanceBusinessDate", "operator", date="2026-04-03")
    asset: dict[str, Any] = {"asset": "Flat 12-3", "approval": "F-1"}
    desk.do("TakeForeclosedAsset", "lender", loan_id="L-1", fair_value_minor=12_000_000, **asset)
    last = desk.do("SettleWithPartner", "lender", partner_id="P-1", loan_ids=["L-1"])
    refund = found.schedule[0].total_minor  # more than is unapplied
    no = desk.refused("RefundOverpayment", "lender", loan_id="L-1", amount_minor=refund)
    assert no.reason == "NOTHING_TO_REFUND"
    settled = desk.ask("GetLoan", "lender", loan_id="L-1")
    assert (settled.payoff_minor, settled.partner_open_minor) == (0, 0)
    ended = desk.ask("GetContract", "lender", contract_id="K-1")
    assert (ended.outstanding_minor, list(ended.loan_ids)) == (0, ["L-1"])
    balance = desk.ask("GetTrialBalance", at={"min_position": last.position, "as_of": "2026-04-03"})
    closing = {row.subject: row.closing_minor for row in balance.rows if row.closing_minor}
    assert closing["1441"] == 12_000_000
    assert not {"300103", "300104"} & closing.keys()
    verdict = desk.ask("VerifyLedger", "auditor")
    assert verdict.is_clean, verdict
