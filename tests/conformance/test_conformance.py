"""Every group of the conformance table agrees, and the table says what the run found."""

from __future__ import annotations

import pytest

from tests.conformance.groups import Case, Group, run
from tests.conformance.registry import GROUPS
from tests.conformance.table import DOCUMENT


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_the_kernel_agrees_with_the_source(group: Group) -> None:
    result = run(group)
    assert not result.failed[:5]
    assert result.complete
    written = DOCUMENT.read_text(encoding="utf-8").splitlines()
    assert result.row() in written, "write the table anew: python -m tests.conformance"
    for name in result.explained:
        assert any(name in line and group.differs[name] in line for line in written), name


def test_no_two_groups_have_the_same_name() -> None:
    assert len({group.name for group in GROUPS}) == len(GROUPS)


@pytest.mark.parametrize(
    ("cases", "differs"),
    [
        ([], {}),
        ([Case("wrong", 1, 2)], {}),
        ([Case("right", 1, 1)], {"right": "an explanation of nothing"}),
    ],
)
def test_a_group_without_agreement_is_not_complete(
    cases: list[Case], differs: dict[str, str]
) -> None:
    assert not run(Group("source", "convention", lambda: cases, differs=differs)).complete
