"""Properties of limits: headroom and utilisation of any tree under any uses.

Each property is one check of the rules. For each check one seeded defect is kept that this
check finds and no other one does.
Source: the bank's limit rules, as in the docstring of ``kernel.limits.tree``.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kernel.common.limit_uses import LimitUse, UseKind
from kernel.limits.joint import JointLoan, reported_minor
from kernel.limits.tree import Limit, LimitKind
from tests.support.limit_checks import (
    CHECKS,
    DAY,
    REAL,
    RESERVE,
    USE,
    Check,
    Rules,
    Story,
    headroom_is_the_least,
    no_is_needed,
    order_is_nothing,
    refusal,
    tree,
    used_is_the_sum,
    yes_never_exceeds,
)


def limit_of(
    limit_id: str,
    parent: str | None,
    amount_minor: int,
    kind: LimitKind = LimitKind.REVOLVING,
    undrawn_ccf_bp: int = 10_000,
) -> Limit:
    """A limit in force on the day."""
    return Limit(
        limit_id=limit_id,
        parent_limit_id=parent,
        amount_minor=amount_minor,
        kind=kind,
        currency="CNY",
        valid_from=DAY,
        valid_until=DAY + datetime.timedelta(days=1),
        undrawn_ccf_bp=undrawn_ccf_bp,
    )


def act(limit_id: str, kind: UseKind, amount_minor: int, contract_id: str = "c") -> LimitUse:
    """An act of a contract."""
    return LimitUse(
        limit_id=limit_id,
        contract_id=contract_id,
        kind=kind,
        amount_minor=amount_minor,
        currency="CNY",
    )


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Up to five limits in a forest, up to eight acts, and a question."""
    ids = "ABCDE"[: draw(st.integers(1, 5))]
    amounts = draw(st.sampled_from([st.integers(1, 12), st.integers(1, 10**15)]))
    limits = [
        limit_of(
            limit_id,
            draw(st.sampled_from([None, *ids[:at]])),
            draw(amounts),
            draw(st.sampled_from(LimitKind)),
            draw(st.sampled_from([0, 3_333, 10_000])),
        )
        for at, limit_id in enumerate(ids)
    ]
    any_act = st.builds(
        act,
        st.sampled_from(ids),
        st.sampled_from(UseKind),
        amounts,
        st.sampled_from("cd"),
    )
    asked = draw(any_act.filter(lambda use: use.kind in (RESERVE, USE)))
    return Story(
        limits=tuple(draw(st.permutations(limits))),
        uses=tuple(draw(st.lists(any_act, max_size=8))),
        asked=asked,
    )


@pytest.mark.parametrize("check", CHECKS)
@settings(max_examples=150, deadline=None)
@given(story=stories())
def test_it_holds_for_every_tree(check: Check, story: Story) -> None:
    assert check(REAL, story)


@settings(max_examples=100, deadline=None)
@given(
    exposure=st.integers(0, 10**15),
    cuts=st.lists(st.integers(0, 10_000), max_size=4),
)
def test_shares_of_a_joint_loan_sum_to_it_and_are_within_a_cent(
    exposure: int, cuts: list[int]
) -> None:
    edges = [0, *sorted(cuts), 10_000]
    bp = {f"b{at}": edges[at + 1] - edges[at] for at in range(len(edges) - 1)}
    shares = reported_minor(JointLoan(loan_id="L", exposure_minor=exposure, share_bp=bp))
    assert sum(shares.values()) == exposure
    assert all(abs(shares[who] * 10_000 - exposure * bp[who]) < 10_000 for who in bp)


# -- one seeded defect for each check


def forgets_commitments(story: Story, limit_id: str) -> int:
    drawn = tuple(use for use in story.uses if use.kind is not RESERVE)
    return REAL.used(replace(story, uses=drawn), limit_id)


def asks_the_limit_only(story: Story, limit_id: str) -> int:
    return tree(story).left_minor(limit_id)


def never_refuses(story: Story) -> None:
    return None


def counts_a_reserved_draw_again(story: Story) -> Mapping[str, str | int] | None:
    return refusal(replace(story, asked=replace(story.asked, contract_id="another")))


def names_the_limit_told_first(story: Story) -> Mapping[str, str | int] | None:
    said = refusal(story)
    path = {each.limit_id for each in tree(story).path(story.asked.limit_id)}
    after = replace(story, uses=(*story.uses, story.asked))
    for limit in story.limits:
        was, now = REAL.used(story, limit.limit_id), REAL.used(after, limit.limit_id)
        if said and limit.limit_id in path and now > max(was, limit.amount_minor):
            left = limit.amount_minor - was
            return {"limit_id": limit.limit_id, "asked_minor": now - was, "available_minor": left}
    return said


DEFECTS: dict[Check, Rules] = {
    used_is_the_sum: REAL._replace(used=forgets_commitments),
    headroom_is_the_least: REAL._replace(headroom=asks_the_limit_only),
    yes_never_exceeds: REAL._replace(refusal=never_refuses),
    no_is_needed: REAL._replace(refusal=counts_a_reserved_draw_again),
    order_is_nothing: REAL._replace(refusal=names_the_limit_told_first),
}

STORIES = (
    Story(limits=(limit_of("A", None, 5), limit_of("B", "A", 5)), uses=(), asked=act("B", USE, 6)),
    Story(
        limits=(limit_of("A", None, 9), limit_of("B", "A", 20)),
        uses=(act("B", RESERVE, 8),),
        asked=act("B", USE, 10),
    ),
)
"""Where the defects show: two limits that lack the same, and a draw on what was reserved."""


@pytest.mark.parametrize("check", CHECKS)
def test_its_defect_is_found_by_it_alone(check: Check) -> None:
    finding = {
        each.__name__
        for each in CHECKS
        if not all(each(DEFECTS[check], story) for story in STORIES)
    }
    assert finding == {check.__name__}
