"""A balance at the log's end is the same whether the read models are there already or not."""

from __future__ import annotations

import datetime
import itertools

import pytest
from sqlalchemy import Engine

from kernel.accounts.events import HoldCaptured, HoldPlaced, OverdraftLimitSet
from kernel.common.facts import Fact
from kernel.common.refusals import Refusal
from kernel.eventstore.memory import MemoryLog
from kernel.projections.follower import Follower
from kernel.projections.queries import accounts
from kernel.projections.queries.latest import Behind, latest_balance
from kernel.projections.queries.reading import Reader
from kernel.projections.refusals import AccountNotFound
from tests.support.bank_facts import (
    DAY_1,
    DAY_2,
    DAY_3,
    deposited,
    extend,
    following,
    log_of,
    next_day,
    opened,
    opening_day,
    transferred,
    withdrawn,
)

ACCOUNTS = ("li", "far", "late")
DAYS = (None, DAY_1)
Asked = tuple[str, datetime.date | None, int]


def two_days() -> list[Fact]:
    """Money forward and backdated, a hold, a limit, a new day, an account opened late."""
    facts = opening_day(
        opened("li"), opened("far", "0451"), deposited("li", 1_000), transferred("li", "far", 300)
    )
    facts = following(facts, transferred("far", "li", 7), value_date=DAY_2)
    facts = next_day(facts, DAY_2, withdrawn("li", 40))
    facts = following(facts, deposited("li", 25), value_date=DAY_1)
    hold = HoldPlaced(
        account_id="li",
        hold_id="hotel",
        amount_minor=70,
        currency="CNY",
        expires_on=DAY_3,
        reason="deposit of a room",
    )
    captured = HoldCaptured(
        account_id="li",
        hold_id="hotel",
        amount_minor=50,
        released_minor=20,
        currency="CNY",
        payee_account_id="far",
    )
    facts = following(facts, hold, OverdraftLimitSet(account_id="li", limit_minor=500), captured)
    return following(facts, opened("late"), transferred("li", "late", 9), deposited("far", 2))


class Clipped(MemoryLog):
    """A log that shows a follower no more than ``upto`` facts."""

    upto = 0

    def read(self, after: int = 0, limit: int = 1000) -> list[Fact]:
        """Nothing beyond ``upto``."""
        return super().read(after, max(0, min(limit, self.upto - after)))


def told(ask: object, *asked: object) -> object:
    """The balance, or the code of the refusal."""
    try:
        return ask(*asked)  # type: ignore[operator]
    except Refusal as no:
        return no.code


def test_the_folded_tail_says_what_the_read_models_will_say(engine: Engine) -> None:
    facts = two_days()
    log = Clipped()
    extend(log, facts)
    reader, follower = Reader(engine), Follower(engine, log)
    answers: list[tuple[int, Asked, object]] = []
    behind: dict[tuple[int, Asked], int] = {}
    end = len(facts)
    for log.upto in range(1, end + 1):
        follower.run_round()
        ahead = {min(log.upto + more, end) for more in (0, 1, 2, 6, end)}
        for asked in itertools.product(ACCOUNTS, DAYS, sorted(ahead)):
            try:
                said = told(lambda *a: latest_balance(reader, log, *a).balance, *asked)
            except Behind as short:
                behind[log.upto, asked] = short.position
            else:
                answers.append((log.upto, asked, said))
    for upto, asked, said in answers:
        assert said == told(accounts.balance, reader, *asked), (upto, asked)
    assert all(upto < short <= asked[2] for (upto, asked), short in behind.items())
    folded = {(upto, asked) for upto, asked, _ in answers if asked[2] > upto}
    assert (4, ("li", None, 6)) in folded
    assert (7, ("li", DAY_1, 9)) in folded
    assert (8, ("far", None, 14)) in folded
    assert (9, ("li", None, 10)) in behind
    assert (6, ("li", None, 7)) in behind


def test_an_account_that_never_was_is_not_waited_for(engine: Engine) -> None:
    log = log_of(two_days())
    Follower(engine, log, batch_size=3).run_round()
    with pytest.raises(AccountNotFound):
        latest_balance(Reader(engine), log, "nobody", None, 14)
