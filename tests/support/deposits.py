"""Words for tests about deposits: rates, products, and a company with an account."""

from __future__ import annotations

import json
from typing import Any

from tests.support.bank import Bank

TERM: dict[str, Any] = {
    "name": "Time deposit",
    "terms": [{"term_months": 3}, {"term_months": 12}, {"term_months": 36}],
}
NOTICE: dict[str, Any] = {"name": "Seven-day notice", "notice_days": 7}
AGREEMENT: dict[str, Any] = {"name": "Agreement deposit", "rate_max_ppm": 12_500}
CORPORATE = {
    "name": "Company account",
    "account_class": "CORPORATE",
    "holder_kind": "ORGANISATION",
    "currency": "CNY",
    "minimum_level": "FACE_TO_FACE",
}


def define(bank: Bank, kind: str, product_id: str, definition: dict[str, Any]) -> None:
    """Put a deposit product on sale, by two people."""
    about: dict[str, Any] = {"product_id": product_id, "version": 1}
    text = json.dumps(definition)
    bank.done("DefineProduct", by="maker", **about, product_kind=kind, definition_json=text)
    bank.done("PublishProduct", by="checker", **about, effective_from="2026-03-02")


def listed(
    bank: Bank, line: str, ppm: int, tenor: int = 0, since: str = "2026-03-02", **fields: Any
) -> None:
    """A listed rate from a day on."""
    asked: dict[str, Any] = {"line": line, "tenor": tenor, "annual_rate_ppm": ppm, **fields}
    bank.done("PublishDepositRate", currency="CNY", **asked, effective_from=since)


def offer_deposits(bank: Bank) -> None:
    """Products on sale, and listed rates: demand 0.05 %, a year 1.1 %, seven days 0.3 %."""
    define(bank, "TERM_DEPOSIT", "term", TERM)
    define(bank, "NOTICE_DEPOSIT", "notice-7", NOTICE)
    define(bank, "AGREEMENT_DEPOSIT", "agreement", AGREEMENT)
    listed(bank, "DEMAND", 500)
    listed(bank, "TERM", 9_000, 3)
    listed(bank, "TERM", 11_000, 12)
    listed(bank, "NOTICE", 3_000, 7)


def company(bank: Bank, account_id: str = "K-1") -> None:
    """A company with a current account."""
    about: dict[str, Any] = {"product_id": "company", "version": 1}
    bank.done("DraftProduct", by="maker", **about, terms=CORPORATE)
    bank.done("PublishProduct", by="checker", **about, effective_from="2026-03-02")
    bank.done(
        "RegisterCustomer",
        customer_id="C-9",
        kind="ORGANISATION",
        name="红星工厂",
        branch_id="0755",
    )
    bank.done(
        "IdentifyCustomer", customer_id="C-9", level="FACE_TO_FACE",
        document_type="BUSINESS_LICENCE", document_number="91440300MA5DA1234X", evidence_id="E-9",
    )  # fmt: skip
    bank.done(
        "OpenAccount", account_id=account_id, customer_id="C-9", product_id="company",
        branch_id="0755",
    )  # fmt: skip


def term_deposit(bank: Bank, amount_minor: int = 2_000_000, **fields: Any) -> None:
    """A time deposit TD-1 of A-1 over a year that is left as it is at maturity."""
    usual: dict[str, Any] = {
        "deposit_id": "TD-1",
        "account_id": "A-1",
        "product_id": "term",
        "term_months": 12,
        "at_maturity": "HOLD",
    }
    bank.done("OpenTermDeposit", amount_minor=amount_minor, **{**usual, **fields})
