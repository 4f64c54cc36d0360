"""Pictures of the reports where a person would rather look: ageing, vintage, roll rates, ladders.

Units: the axes are in major units of hundreds of minor units or in percent; pixels only, so floats.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from kernel.common.refusals import InvalidInput
from kernel.reporting.table import Table

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")


def draw(table: Table, path: Path) -> None:
    """Draw the report; raises InvalidInput for one that has no picture, or a file not writable."""
    drawing = DRAWINGS.get(table.name)
    if drawing is None:
        raise InvalidInput(("--plot", f"only {', '.join(sorted(DRAWINGS))} have a picture"))
    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.add_subplot()
    drawing(axes, table)
    axes.set_title(f"{table.name} as of {table.as_of}")
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise InvalidInput(("--plot", str(error))) from None


def _bars(label: str, figure: str, unit: str, scale: int) -> Callable[[Axes, Table], None]:
    """One group of bars a currency: a label column against a figure."""

    def drawing(axes: Axes, table: Table) -> None:
        currencies = sorted({str(value) for value in table.column("currency")})
        names = list(dict.fromkeys(str(value) for value in table.column(label)))
        width = 0.8 / max(len(currencies), 1)
        rows = list(
            zip(table.column("currency"), table.column(label), table.column(figure), strict=True)
        )
        for place, currency in enumerate(currencies):
            found = {str(name): int(str(v or 0)) for c, name, v in rows if c == currency}
            heights = [found.get(name, 0) / scale for name in names]
            at = [i + place * width for i in range(len(names))]
            colour = COLOURS[place % len(COLOURS)]
            axes.bar(at, heights, width=width, color=colour, label=currency)
        axes.set_xticks([i + 0.4 - width / 2 for i in range(len(names))], names, rotation=20)
        axes.set_ylabel(unit)
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axes.set_ylim(bottom=0)
        if currencies:
            axes.legend()

    return drawing


def _vintage(axes: Axes, table: Table) -> None:
    """One line a month of lending: share ever past due by months on the book."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for currency, month, age, share in zip(
        table.column("currency"),
        table.column("lent_in"),
        table.column("months_on_book"),
        table.column("share_bp"),
        strict=True,
    ):
        point = int(str(age)), int(str(share or 0)) / 100
        curves.setdefault(f"{month} {currency}", []).append(point)
    shades = colormaps["viridis"].resampled(max(len(curves), 1))
    for place, (name, points) in enumerate(sorted(curves.items())):
        ages, shares = [age for age, _ in points], [share for _, share in points]
        axes.plot(ages, shares, marker=".", label=name, color=shades(place))
    axes.set_xlabel("months on book")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("ever past due, %")
    axes.set_ylim(bottom=0)
    if curves:
        axes.legend(ncols=1 + len(curves) // 12)


DRAWINGS: dict[str, Callable[[Axes, Table], None]] = {
    "ageing": _bars("bucket", "principal_minor", "principal, major units", 100),
    "roll-rates": _bars("bucket", "roll_bp", "rolled one bucket on, %", 100),
    "maturity-ladder": _bars("falls_due", "principal_minor", "principal, major units", 100),
    "repricing-gap": _bars("reprices", "principal_minor", "principal, major units", 100),
    "vintage": _vintage,
}
