"""Words for tests about credit: grant a limit; register, value and pledge an item."""

from __future__ import annotations

from typing import Any

from kernel.application.folds import LIMIT
from tests.support.bank import Bank
from tests.support.lending import DIGEST

FOR_A_YEAR: dict[str, Any] = {
    "holder_kind": "CUSTOMER",
    "holder_id": "C-1",
    "limit_kind": "REVOLVING",
    "currency": "CNY",
    "valid_from": "2026-03-02",
    "valid_until": "2027-03-02",
}
"""A revolving limit of C-1."""
APPRAISAL: dict[str, Any] = {
    "source": "Valuers Ltd",
    "valuation_method": "APPRAISAL",
    "confidence_bp": 9_000,
    "valid_until": "2027-03-02",
}
"""A valuation that holds for a year."""


def limit(
    bank: Bank, limit_id: str, amount_minor: int, parent: str | None = None, **fields: Any
) -> int:
    """Position of a revolving limit of C-1 for a year, unless said otherwise."""
    asked: dict[str, Any] = {**FOR_A_YEAR, **fields}
    if parent is not None:
        asked["parent_limit_id"] = parent
    return bank.done("OpenLimit", limit_id=limit_id, amount_minor=amount_minor, **asked)


def used(bank: Bank, limit_id: str) -> int:
    """What counts on a limit."""
    return bank.states.get(LIMIT, limit_id).used_minor


def item(bank: Bank, item_id: str = "FLAT", value_minor: int = 20_000_000, **fields: Any) -> None:
    """A flat of C-1 that lends 70 % of its value for a year, unless said otherwise."""
    registered: dict[str, Any] = {
        "collateral_kind": "RESIDENTIAL",
        "owner_id": "C-1",
        "currency": "CNY",
        "description": "12 Mill Lane",
        "evidence_digest": DIGEST,
    }
    about_value = {name: fields.pop(name) for name in ("index_id", "haircut_bp") if name in fields}
    registered |= fields
    bank.done("RegisterCollateral", item_id=item_id, **registered)
    value(bank, item_id, value_minor, **about_value)


def value(bank: Bank, item_id: str, value_minor: int, **fields: Any) -> int:
    """Position of a valuation that holds for a year."""
    asked: dict[str, Any] = {**APPRAISAL, **fields}
    return bank.done("ValueCollateral", item_id=item_id, value_minor=value_minor, **asked)


def pledge(
    bank: Bank, item_id: str = "FLAT", contract_id: str = "K-1", rank: int = 1, **fields: Any
) -> int:
    """Position of a pledge that is registered today."""
    asked: dict[str, Any] = {"registered_on": "2026-03-02", "registration_number": "R-1", **fields}
    return bank.done(
        "PledgeCollateral", item_id=item_id, contract_id=contract_id, rank=rank, **asked
    )
