"""Words for journeys of lending: what a lender does at a desk, day by day, and books in order."""

from __future__ import annotations

import datetime
import json
import time
from collections import Counter
from typing import Any

from corebank.close.v1 import close_pb2

from tests.journeys.conftest import Desk
from tests.support.credit import APPRAISAL, FOR_A_YEAR
from tests.support.lending import DIGEST, definition

CLOSE_SECONDS = 60


def on_sale(desk: Desk, product_id: str = "micro", **fields: Any) -> None:
    """A loan product, defined by one person and published by another."""
    about: dict[str, Any] = {"product_id": product_id, "version": 1}
    text = json.dumps(definition(**fields))
    desk.do("DefineProduct", "product-maker", **about, product_kind="LOAN", definition_json=text)
    today = desk.ask("GetBusinessDate").date
    desk.do("PublishProduct", "product-checker", **about, effective_from=today)


def signed(
    desk: Desk,
    contract_id: str = "K-1",
    *,
    amount_minor: int = 12_000_000,
    annual_rate_ppm: int = 60_000,
    instalments: int = 12,
    product_id: str = "micro",
    customer_id: str = "C-1",
    account_id: str = "A-1",
    **fields: Any,
) -> None:
    """From the application to the signed contract; fields are those of the signature."""
    named = {"contract_id": contract_id}
    asked: dict[str, Any] = {"amount_minor": amount_minor, "instalments": instalments}
    desk.do(
        "ApplyForLoan",
        "lender",
        **named,
        **asked,
        customer_id=customer_id,
        product_id=product_id,
        currency="CNY",
        account_id=account_id,
        purpose="seed and fertiliser",
    )
    decided: dict[str, Any] = {"outcome": "APPROVED", "annual_rate_ppm": annual_rate_ppm}
    desk.do("RecordCreditDecision", "lender", **named, **decided, rules="r.v1", input_digest=DIGEST)
    desk.do("OfferLoan", "lender", **named)
    desk.do("SignContract", "lender", **named, document_digest=DIGEST, signed_by="王芳", **fields)


def drawn(desk: Desk, amount_minor: int = 12_000_000, loan_id: str = "L-1", **fields: Any) -> int:
    """Position of a draw, under K-1 unless said otherwise."""
    asked = {"contract_id": "K-1", "loan_id": loan_id, "amount_minor": amount_minor, **fields}
    return int(desk.do("DrawLoan", "lender", **asked).position)


def repaid(desk: Desk, amount_minor: int, loan_id: str = "L-1", **fields: Any) -> int:
    """Position of a repayment out of A-1."""
    asked = {"loan_id": loan_id, "amount_minor": amount_minor, **fields}
    return int(desk.do("RepayLoan", "lender", **asked).position)


def spent(desk: Desk, amount_minor: int) -> None:
    """C-1 takes cash out of A-1, so that nothing is there to collect."""
    desk.do(
        "Withdraw",
        ordering_customer_id="C-1",
        account_id="A-1",
        amount_minor=amount_minor,
        currency="CNY",
        destination="CASH",
        branch_id="0755",
    )


def line_of_credit(desk: Desk, limit_id: str, amount_minor: int, **fields: Any) -> None:
    """A revolving limit of C-1 for a year, unless said otherwise."""
    asked: dict[str, Any] = {**FOR_A_YEAR, **fields}
    desk.do("OpenLimit", "risk-officer", limit_id=limit_id, amount_minor=amount_minor, **asked)


def item(desk: Desk, item_id: str, value_minor: int, kind: str, **fields: Any) -> None:
    """An item of C-1, registered and valued; fields are those of the valuation."""
    land = {"land_contract": fields.pop("land_contract")} if "land_contract" in fields else {}
    desk.do(
        "RegisterCollateral",
        "lender",
        item_id=item_id,
        collateral_kind=kind,
        owner_id="C-1",
        currency="CNY",
        description=f"{kind} of C-1",
        evidence_digest=DIGEST,
        **land,
    )
    valued(desk, item_id, value_minor, **fields)


def valued(desk: Desk, item_id: str, value_minor: int, **fields: Any) -> None:
    """What an item is worth, by an appraisal that holds for a year unless said otherwise."""
    asked: dict[str, Any] = {**APPRAISAL, **fields}
    desk.do("ValueCollateral", "risk-officer", item_id=item_id, value_minor=value_minor, **asked)


def pledged(desk: Desk, item_id: str, contract_id: str = "K-1") -> None:
    """The item secures the contract at first rank, registered on 2 March."""
    register = {"registered_on": "2026-03-02", "registration_number": f"R-{item_id}"}
    secured: dict[str, Any] = {"item_id": item_id, "contract_id": contract_id, "rank": 1}
    desk.do("PledgeCollateral", "lender", **secured, **register)


def pass_days(desk: Desk, until: str) -> None:
    """Let the business date go on to a day, ten days at a time at most."""
    today = datetime.date.fromisoformat(desk.ask("GetBusinessDate").date)
    last = datetime.date.fromisoformat(until)
    while today < last:
        today = min(today + datetime.timedelta(days=10), last)
        desk.do("AdvanceBusinessDate", "operator", date=today.isoformat())


def sealed(desk: Desk, day: str) -> str:
    """Close a day and wait until it is sealed; its digest."""
    token = desk.tokens["operator"]
    begun = desk.client.call("StartDayClose", {"date": day}, token=token)
    until = time.monotonic() + CLOSE_SECONDS
    while time.monotonic() < until:
        found = desk.ask("GetDayClose", "operator", operation_id=begun.operation_id)
        if found.state == close_pb2.CLOSE_STATE_SEALED:
            return str(found.digest)
        assert found.state != close_pb2.CLOSE_STATE_FAILED, found
        time.sleep(0.1)
    raise AssertionError(f"still open: {found}")


def loan(desk: Desk, loan_id: str = "L-1", as_of: str | None = None) -> Any:
    """How a loan stands, on the business date unless said otherwise."""
    return desk.ask("GetLoan", "auditor", loan_id=loan_id, at={"as_of": as_of} if as_of else {})


def now(desk: Desk) -> dict[str, Any]:
    """The clocks of everything that is in the log."""
    return {"min_position": desk.ask("GetStatus").head_position}


def cells(reply: Any) -> list[dict[str, Any]]:
    """Rows of a report by column."""
    return [
        {
            name: getattr(cell, cell.WhichOneof("value")) if cell.WhichOneof("value") else None
            for name, cell in zip(reply.columns, row.cells, strict=True)
        }
        for row in reply.rows
    ]


def report(desk: Desk, name: str, **parameters: str) -> list[dict[str, Any]]:
    """A report over everything that is in the log, on the business date."""
    asked: dict[str, Any] = {"name": name, "parameters": parameters, "at": now(desk)}
    return cells(desk.ask("GetReport", "analyst", **asked))


def trial_balance(desk: Desk, as_of: str | None = None) -> dict[str, int]:
    """Closing balance by subject over everything that is in the log, debit positive."""
    at = now(desk)
    asked = at if as_of is None else {**at, "as_of": as_of}
    closing: Counter[str] = Counter()
    for row in desk.ask("GetTrialBalance", at=asked).rows:
        closing[row.subject] += row.closing_minor
    return {subject: minor for subject, minor in closing.items() if minor}


def in_order(desk: Desk) -> dict[str, int]:
    """The audit is clean and the trial balance zero; closing balances by subject."""
    found = trial_balance(desk)
    assert found
    assert sum(found.values()) == 0, found
    assert "300103" not in found, "money between accounts and loans is cleared"
    verdict = desk.ask("VerifyLedger", "auditor")
    assert verdict.is_clean, verdict
    return found
