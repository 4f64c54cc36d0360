"""Headroom under group, customer and contract limits, with a credit manager's figures.

Source: the bank's limit rules; a draw passes its own limit and every limit above it.
"""

from __future__ import annotations

import datetime

import pytest

from kernel.common.limit_uses import LimitUse, UseKind
from kernel.limits.tree import (
    Headroom,
    Limit,
    LimitKind,
    LimitTree,
    require_headroom,
    tallied,
)
from tests.support.given import DAY, refused

NEXT_YEAR = DAY.replace(year=DAY.year + 1)
SINGLE, REVOLVING = LimitKind.SINGLE, LimitKind.REVOLVING
RESERVE, RELEASE, USE, RESTORE = UseKind


def limit(
    limit_id: str,
    amount_minor: int,
    parent: str | None = None,
    kind: LimitKind = REVOLVING,
    currency: str = "CNY",
    is_frozen: bool = False,
    undrawn_ccf_bp: int = 10_000,
    valid_from: datetime.date = DAY,
) -> Limit:
    """A limit in force from today for a year."""
    return Limit(
        limit_id=limit_id,
        parent_limit_id=parent,
        amount_minor=amount_minor,
        kind=kind,
        currency=currency,
        valid_from=valid_from,
        valid_until=NEXT_YEAR,
        is_frozen=is_frozen,
        undrawn_ccf_bp=undrawn_ccf_bp,
    )


def act(
    limit_id: str,
    kind: UseKind,
    amount_minor: int,
    contract_id: str = "LOAN",
    currency: str = "CNY",
) -> LimitUse:
    """An act of a contract on a limit."""
    return LimitUse(
        limit_id=limit_id,
        contract_id=contract_id,
        kind=kind,
        amount_minor=amount_minor,
        currency=currency,
    )


GROUP, SHOP, FARM = limit("GROUP", 150), limit("SHOP", 100, "GROUP"), limit("FARM", 100, "GROUP")
FAMILY = [GROUP, SHOP, FARM]


def tree(limits: list[Limit], *uses: LimitUse) -> LimitTree:
    """The tree after the uses."""
    return LimitTree(limits, tallied(uses))


def test_a_draw_passes_when_every_ancestor_has_room() -> None:
    require_headroom(tree(FAMILY), act("SHOP", USE, 100), DAY)


def test_one_yuan_too_much_names_the_limit_that_lacks_it() -> None:
    refused(
        "LIMIT_EXCEEDED",
        require_headroom,
        tree(FAMILY),
        act("SHOP", USE, 101),
        DAY,
        limit_id="SHOP",
        asked_minor=101,
        available_minor=100,
    )


def test_the_group_may_leave_less_than_the_members_own_limit() -> None:
    drawn = tree(FAMILY, act("FARM", USE, 90))
    assert drawn.headroom("SHOP") == Headroom(limit_id="GROUP", available_minor=60)
    refused(
        "LIMIT_EXCEEDED",
        require_headroom,
        drawn,
        act("SHOP", USE, 61),
        DAY,
        limit_id="GROUP",
        asked_limit_id="SHOP",
        asked_minor=61,
        available_minor=60,
    )


def test_a_repayment_restores_a_revolving_limit_and_never_a_single_one() -> None:
    once = limit("ONCE", 100, "GROUP", SINGLE)
    after = tree([GROUP, once], act("ONCE", USE, 80), act("ONCE", RESTORE, 80))
    assert after.left_minor("ONCE") == 20
    assert after.left_minor("GROUP") == 150


def test_a_single_limit_above_a_revolving_one_is_used_up_by_turnover() -> None:
    once = limit("ONCE", 150, kind=SINGLE)
    turned = tree(
        [once, limit("SHOP", 100, "ONCE")],
        act("SHOP", USE, 100, "FIRST"),
        act("SHOP", RESTORE, 100, "FIRST"),
        act("SHOP", USE, 50, "SECOND"),
    )
    assert turned.headroom("SHOP") == Headroom(limit_id="ONCE", available_minor=0)


def test_a_reservation_counts_and_its_draw_needs_nothing_more() -> None:
    signed = tree([SHOP, GROUP], act("SHOP", RESERVE, 100))
    assert signed.headroom("SHOP").available_minor == 0
    require_headroom(signed, act("SHOP", USE, 100), DAY)
    refused("LIMIT_EXCEEDED", require_headroom, signed, act("SHOP", USE, 101), DAY, asked_minor=1)
    refused("LIMIT_EXCEEDED", require_headroom, signed, act("SHOP", USE, 1, "OTHER"), DAY)


def test_a_released_reservation_gives_the_room_back() -> None:
    let_go = tree(FAMILY, act("SHOP", RESERVE, 100), act("SHOP", RELEASE, 70))
    assert let_go.left_minor("SHOP") == 70


def test_an_undrawn_commitment_counts_by_its_conversion_factor() -> None:
    soft = limit("SOFT", 100, undrawn_ccf_bp=4_000)
    signed = tree([soft], act("SOFT", RESERVE, 100))
    assert signed.utilisation_minor("SOFT") == 40
    half = tree([soft], act("SOFT", RESERVE, 100), act("SOFT", USE, 50))
    assert half.utilisation_minor("SOFT") == 50 + 20
    require_headroom(half, act("SOFT", USE, 50), DAY)


def test_drawing_what_counted_in_part_needs_the_other_part() -> None:
    soft = limit("SOFT", 90, undrawn_ccf_bp=5_000)
    signed = tree([soft], act("SOFT", RESERVE, 100))
    refused(
        "LIMIT_EXCEEDED",
        require_headroom,
        signed,
        act("SOFT", USE, 100),
        DAY,
        asked_minor=50,
        available_minor=40,
    )


def test_a_repaid_part_of_a_revolving_contract_stays_committed() -> None:
    repaid = tree(FAMILY, act("SHOP", RESERVE, 100), act("SHOP", USE, 60), act("SHOP", RESTORE, 60))
    assert repaid.left_minor("SHOP") == 0
    require_headroom(repaid, act("SHOP", USE, 100), DAY)


def test_a_contract_on_a_single_limit_cannot_draw_twice_what_it_repaid() -> None:
    once = [limit("ONCE", 100, kind=SINGLE)]
    repaid = tree(once, act("ONCE", RESERVE, 100), act("ONCE", USE, 60), act("ONCE", RESTORE, 60))
    require_headroom(repaid, act("ONCE", USE, 40), DAY)
    refused("LIMIT_EXCEEDED", require_headroom, repaid, act("ONCE", USE, 41), DAY)


def test_a_limit_cut_below_its_use_still_honours_a_reservation() -> None:
    cut = tree([limit("SHOP", 50)], act("SHOP", RESERVE, 100))
    assert cut.left_minor("SHOP") == -50
    require_headroom(cut, act("SHOP", USE, 100), DAY)
    refused(
        "LIMIT_EXCEEDED", require_headroom, cut, act("SHOP", RESERVE, 1), DAY, available_minor=-50
    )


def test_a_freeze_above_stops_the_limits_below() -> None:
    frozen = tree([limit("GROUP", 150, is_frozen=True), SHOP])
    refused("LIMIT_FROZEN", require_headroom, frozen, act("SHOP", USE, 1), DAY, limit_id="GROUP")


def test_the_first_day_counts_and_the_last_does_not() -> None:
    one = tree([limit("SHOP", 100)])
    asked = act("SHOP", USE, 1)
    day = datetime.timedelta(days=1)
    require_headroom(one, asked, DAY)
    require_headroom(one, asked, NEXT_YEAR - day)
    refused("LIMIT_EXPIRED", require_headroom, one, asked, NEXT_YEAR, valid_until=str(NEXT_YEAR))
    refused("LIMIT_NOT_YET_VALID", require_headroom, one, asked, DAY - day)


def test_a_draw_in_another_currency_is_refused() -> None:
    asked = act("SHOP", USE, 1, currency="USD")
    refused("LIMIT_CURRENCY_MISMATCH", require_headroom, tree(FAMILY), asked, DAY)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ([limit("A", 1, "B"), limit("B", 1, "A")], "LIMIT_CYCLE"),
        ([limit("A", 1, "A")], "LIMIT_CYCLE"),
        ([limit("A", 1, "B"), limit("B", 1, "C"), limit("C", 1, "B")], "LIMIT_CYCLE"),
        ([limit("A", 1, "NOBODY")], "LIMIT_NOT_FOUND"),
        ([limit("A", 1), limit("A", 1)], "LIMIT_DUPLICATE"),
        ([limit("A", 1, "B"), limit("B", 1, currency="USD")], "LIMIT_CURRENCY_MISMATCH"),
    ],
)
def test_limits_that_form_no_tree_are_refused(limits: list[Limit], code: str) -> None:
    refused(code, LimitTree, limits)


def test_an_unknown_limit_has_no_headroom_to_ask_for() -> None:
    refused("LIMIT_NOT_FOUND", tree(FAMILY).headroom, "NOBODY", limit_id="NOBODY")
    refused("LIMIT_NOT_FOUND", tree, FAMILY, act("NOBODY", USE, 1))


def test_what_was_restored_before_its_draw_arrived_counts_the_same() -> None:
    acts = [act("SHOP", USE, 80), act("SHOP", RESTORE, 30), act("SHOP", RESERVE, 90)]
    there, back = tree(FAMILY, *acts), tree(FAMILY, *reversed(acts))
    assert there.utilisation_minor("GROUP") == back.utilisation_minor("GROUP") == 90
