"""Tables on terminals of any width: no line is longer, no figure and no word is broken."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from adapters.cli import output

NAMES = ["branch_id", "subject", "name", "opening", "days_past_due"]
ROWS: list[list[Any]] = [
    ["0755", "130301", "Loans, not due 贷款—正常本金", "1,234,567.89", 0],
    ["0755", "201101", "Personal current deposits 吸收存款—个人活期存款", "-98,765,432.10", None],
]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 10_000])
def test_a_table_fits_and_keeps_its_figures_whole(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "console", Console(width=width))
    output.show("Balances", NAMES, ROWS, right=2)
    said = capsys.readouterr().out
    assert max(cell_len(line) for line in said.splitlines()) <= width
    for whole in ("1,234,567.89", "-98,765,432.10", "130301", "deposits", "branch"):
        assert whole in said, (whole, said)
    assert "…" not in said


def test_a_table_without_rows_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "console", Console(width=20))
    output.show("Balances", NAMES, [], right=2)
    assert "Balances: no rows" in capsys.readouterr().out
