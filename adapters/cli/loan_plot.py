"""A picture of loans: the balance as a line, each instalment as a bar split into its parts.

Units: the axis is in minor units as the figures are; floats are pixels only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kernel.common.refusals import InvalidInput
from kernel.loans.standing import Standing

PANELS_MAX = 6
PARTS = (
    ("principal", "principal_minor", "#4477aa"),
    ("interest", "interest_minor", "#ee6677"),
    ("fee", "fee_minor", "#ccbb44"),
    ("penalty", "penalty_minor", "#aa3377"),
    ("compound interest", "compound_minor", "#66ccee"),
)


def plot(loans: Sequence[tuple[str, Standing]], path: Path) -> None:
    """Draw up to ``PANELS_MAX`` loans, one panel each; raises InvalidInput if it cannot write."""
    loans = loans[:PANELS_MAX]
    figure = Figure(figsize=(10, 4 * len(loans)), layout="constrained")
    for place, (name, found) in enumerate(loans):
        _panel(figure.add_subplot(len(loans), 1, place + 1), name, found)
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise InvalidInput(("--plot", str(error))) from None


def _panel(axes: Axes, name: str, found: Standing) -> None:
    numbers = [line.number for line in found.instalments]
    bottom = [0] * len(numbers)
    for label, field, colour in PARTS:
        heights = [getattr(line, field) for line in found.instalments]
        if any(heights):
            axes.bar(numbers, heights, bottom=bottom, color=colour, label=label)
            bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    axes.set_title(f"{name} as of {found.as_of}")
    axes.set_xlabel("instalment")
    axes.set_ylabel("instalment, minor units")
    right = axes.twinx()
    balances = [line.balance_minor for line in found.instalments]
    right.plot(numbers, balances, color="#222222", marker=".", label="balance after")
    right.set_ylabel("balance, minor units")
    right.set_ylim(bottom=0)
    axes.legend(loc="upper left")
    right.legend(loc="upper right")
