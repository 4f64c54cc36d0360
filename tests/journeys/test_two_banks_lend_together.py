"""A partner lends 30 % of a loan: it funds its part, shares what comes in, and is settled."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.cli.client import CallRefused
from tests.journeys.conftest import Desk, deposit
from tests.support.lender import drawn, in_order, loan, on_sale, pass_days, repaid, signed

SETTLE: dict[str, Any] = {"partner_id": "P-1", "loan_ids": ["L-1"]}
OWED_TO_PARTNER, OF_THE_PARTNER = "300104", "9106"
PRINCIPAL = ("130301", "130302")


def part(minor: int) -> int:
    """The partner's part of a cumulative amount, rounded down; the bank has the rest."""
    return minor * 3 // 10


def open_minor(desk: Desk) -> int:
    """What the partner owes for L-1 and did not settle; negative when it is owed."""
    return int(loan(desk).partner_open_minor)


def joint(desk: Desk) -> None:
    """120,000.00 lent to C-1, three tenths of it by P-1."""
    desk.open_day()
    on_sale(desk)
    with pytest.raises(CallRefused, match="PARTNER_SHARE_TOO_LOW") as low:
        signed(desk, "K-0", partner={"partner_id": "P-1", "share_ppm": 299_999})
    assert low.value.figures["partner_minor"] == "3599988"
    assert low.value.figures["needed_minor"] == "3600000"
    signed(desk, partner={"partner_id": "P-1", "share_ppm": 300_000})
    drawn(desk)


def test_the_partner_funds_shares_and_is_settled(desk: Desk) -> None:
    joint(desk)
    assert open_minor(desk) == 3_600_000
    lent = in_order(desk)
    assert (lent["130301"], lent[OWED_TO_PARTNER]) == (8_400_000, 3_600_000)
    assert lent[OF_THE_PARTNER] == 3_600_000, "beside the books"
    desk.do("SettleWithPartner", "lender", **SETTLE)
    again = desk.refused("SettleWithPartner", "lender", **SETTLE)
    assert (again.reason, open_minor(desk)) == ("NOTHING_TO_SETTLE", 0)
    pass_days(desk, "2026-04-02")
    desk.do("CollectInstalment", "operator", loan_id="L-1")
    paid = loan(desk).schedule[0]
    theirs = part(paid.principal_minor) + part(paid.interest_minor)
    assert open_minor(desk) == -theirs < 0
    shared = in_order(desk)
    ours = 12_000_000 - paid.principal_minor - (3_600_000 - part(paid.principal_minor))
    assert sum(shared.get(subject, 0) for subject in PRINCIPAL) == ours
    assert shared["601101"] == -(paid.interest_minor - part(paid.interest_minor))
    assert shared[OWED_TO_PARTNER] == -theirs
    desk.do("SettleWithPartner", "lender", **SETTLE)
    settled = in_order(desk)
    assert OWED_TO_PARTNER not in settled
    assert settled[OF_THE_PARTNER] == 3_600_000 - part(paid.principal_minor)


def test_a_payment_dated_back_behind_a_settlement_moves_the_partners_part(desk: Desk) -> None:
    """Less interest came in than was shared: the partner gives its part of it back."""
    joint(desk)
    pass_days(desk, "2026-04-02")
    desk.do("CollectInstalment", "operator", loan_id="L-1")
    desk.do("SettleWithPartner", "lender", **SETTLE)
    before = loan(desk).schedule[0]
    pass_days(desk, "2026-04-05")
    desk.do("Deposit", **deposit(5_000_000))
    early = repaid(desk, 5_000_000, mode="IN_ADVANCE", value_date="2026-03-12")
    after = loan(desk).schedule[0]
    assert after.interest_minor < before.interest_minor
    desk.do("SettleWithPartner", "lender", **SETTLE)
    in_order(desk)
    undo: dict[str, Any] = {"loan_id": "L-1", "position": early, "reason": "wrong loan"}
    desk.do("ReverseLoanEntry", "lender", **undo)
    found = loan(desk).schedule[0]
    assert found.interest_minor == before.interest_minor
    assert open_minor(desk) > 0, "what the partner got of that payment it gives back"
    desk.do("SettleWithPartner", "lender", **SETTLE)
    closing = in_order(desk)
    assert OWED_TO_PARTNER not in closing
    assert closing[OF_THE_PARTNER] == 3_600_000 - part(before.principal_minor)
