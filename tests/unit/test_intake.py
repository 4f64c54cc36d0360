"""The queue in front of the engine: who goes first, what is refused, how it ends."""

from __future__ import annotations

import threading

from kernel.application.errors import NotWriter, Overloaded
from kernel.application.intake import Intake
from kernel.application.requests import Request
from kernel.application.work import Submission
from kernel.common.commands import Command


def submission(*ids: str) -> Submission:
    requests = [
        Request(
            principal="teller",
            channel="COUNTER",
            method="Nothing",
            command_id=one,
            command=Command(),
            deadline=1.0,
        )
        for one in ids
    ]
    return Submission(requests, lambda answers: None)


def taken(intake: Intake, limit: int = 100) -> list[str]:
    return [work.request.command_id for work in intake.take(limit, wait=False) or []]


def test_each_kind_of_submission_keeps_its_order_and_single_commands_go_first() -> None:
    intake = Intake(100)
    for ids in (("a1", "a2"), ("b",), ("c1", "c2"), ("d",)):
        assert intake.put(submission(*ids)) is None
    assert taken(intake) == ["b", "d", "a1", "a2", "c1", "c2"]
    assert taken(intake) == []


def test_a_batch_is_filled_by_whole_submissions_until_the_limit_is_reached() -> None:
    intake = Intake(100)
    for ids in (("a1", "a2"), ("b1", "b2", "b3"), ("c1", "c2")):
        intake.put(submission(*ids))
    assert taken(intake, limit=4) == ["a1", "a2", "b1", "b2", "b3"]
    assert taken(intake, limit=4) == ["c1", "c2"]


def test_a_batch_with_a_single_command_has_a_quarter_of_the_others() -> None:
    intake = Intake(100)
    for ids in (("a1", "a2"), ("b1", "b2"), ("c",), ("d1", "d2")):
        intake.put(submission(*ids))
    assert taken(intake, limit=8) == ["c", "a1", "a2"]
    assert taken(intake, limit=8) == ["b1", "b2", "d1", "d2"]


def test_commands_beyond_the_bound_are_refused_and_room_comes_back() -> None:
    intake = Intake(3)
    assert intake.put(submission("a1", "a2")) is None
    assert not intake.has_room_for(2)
    assert isinstance(intake.put(submission("b1", "b2")), Overloaded)
    assert intake.put(submission("c")) is None
    assert taken(intake) == ["c", "a1", "a2"]
    assert intake.has_room_for(3)


def test_what_has_queued_is_given_out_after_the_end_and_nothing_more_is_taken() -> None:
    intake = Intake(3)
    intake.put(submission("a"))
    intake.close()
    assert isinstance(intake.put(submission("b")), NotWriter)
    assert taken(intake) == ["a"]
    assert intake.take(10, wait=True) is None


def test_a_waiting_engine_is_woken_by_a_command_and_by_the_end() -> None:
    intake = Intake(3)
    found: list[list[str] | None] = []

    def engine() -> None:
        while (works := intake.take(10, wait=True)) is not None:
            found.append([work.request.command_id for work in works])
        found.append(None)

    thread = threading.Thread(target=engine)
    thread.start()
    intake.put(submission("a"))
    for _ in range(1_000):
        if found:
            break
        thread.join(0.01)
    intake.close()
    thread.join(10)
    assert found == [["a"], None]


def test_company_is_waited_for_until_it_is_there() -> None:
    intake = Intake(10)
    intake.put(submission("a"))
    later = threading.Timer(0.05, lambda: [intake.put(submission(one)) for one in "bc"])
    later.start()
    intake.gather(3, pauses=1, pause_seconds=30)
    assert taken(intake) == ["a", "b", "c"]
    later.join()


def test_company_is_waited_for_only_while_some_comes() -> None:
    intake = Intake(10)
    intake.put(submission("a"))
    intake.gather(2, pauses=1_000_000, pause_seconds=0.001)
    assert taken(intake) == ["a"]


def test_nobody_is_waited_for_at_the_end() -> None:
    intake = Intake(10)
    later = threading.Timer(0.05, intake.close)
    later.start()
    intake.gather(2, pauses=1, pause_seconds=30)
    assert intake.take(10, wait=True) is None
    later.join()
