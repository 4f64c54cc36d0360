"""A loan is lent and repaid over gRPC; its figures in the ledger explain themselves."""

from __future__ import annotations

import json
from typing import Any

from tests.journeys.conftest import Desk
from tests.support.lending import DIGEST, definition


def lent(desk: Desk) -> None:
    """120,000.00 at 6 % to C-1, on 2 March."""
    product: dict[str, Any] = {"product_id": "micro", "version": 1}
    desk.do(
        "DefineProduct",
        "product-maker",
        **product,
        product_kind="LOAN",
        definition_json=json.dumps(definition()),
    )
    desk.do("PublishProduct", "product-checker", **product, effective_from="2026-03-02")
    contract = {"contract_id": "K-1"}
    desk.do(
        "ApplyForLoan",
        "lender",
        **contract,
        customer_id="C-1",
        product_id="micro",
        amount_minor=12_000_000,
        currency="CNY",
        instalments=12,
        account_id="A-1",
        purpose="seed and fertiliser",
    )
    desk.do(
        "RecordCreditDecision",
        "lender",
        **contract,
        outcome="APPROVED",
        rules="simple.v1",
        input_digest=DIGEST,
        annual_rate_ppm=60_000,
    )
    desk.do("OfferLoan", "lender", **contract)
    desk.do("SignContract", "lender", **contract, document_digest=DIGEST, signed_by="王芳")
    desk.do("DrawLoan", "lender", **contract, loan_id="L-1", amount_minor=12_000_000)


def test_a_loans_interest_explains_itself_down_to_the_event(desk: Desk) -> None:
    desk.open_day()
    lent(desk)
    for day in ("2026-03-03", "2026-03-04"):
        desk.do("AdvanceBusinessDate", "operator", date=day)
    paid = desk.do("RepayLoan", "lender", loan_id="L-1", amount_minor=50_000, mode="IN_ADVANCE")
    at = {"min_position": paid.position, "as_of": "2026-03-04"}
    asked: dict[str, Any] = {"subject": "601101", "branch_id": "0755", "from_date": "2026-03-02"}
    found = desk.ask("ExplainFigure", "auditor", **asked, loan_id="L-1", at=at)
    assert found.closing_minor == found.loan.closing_minor == -4_000
    assert [(one.event, one.change_minor) for one in found.loan.parts] == [
        ("BusinessDateAdvanced", -2_000),
        ("Repaid", -2_000),
    ]
    assert [one.position for one in found.journals][-1] == paid.position
    assert found.loan.amounts[0].rule_id == "loan.interest-income"
    balance = desk.ask("GetTrialBalance", at=at)
    closing = {row.subject: row.closing_minor for row in balance.rows if row.closing_minor}
    assert closing["130301"] == 12_000_000 - 46_000
    assert sum(closing.values()) == 0
    assert "300103" not in closing
    verdict = desk.ask("VerifyLedger", "auditor")
    assert verdict.is_clean, verdict
