"""``corebank loan``: what a loan does, from a file of terms and events; nothing is stored."""

from __future__ import annotations

import csv
import datetime
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text
from rich.tree import Tree

from adapters.cli.failures import clear_errors
from adapters.cli.loan_plot import PANELS_MAX, plot
from adapters.cli.output import AsJson, console, errors, money, show
from adapters.cli.scenarios import Failed, Scenario, read_scenarios
from kernel.common.refusals import InvalidInput
from kernel.loans.costs import all_in_apr_ppm, effective_annual_cost_ppm
from kernel.loans.explain import explain
from kernel.loans.explain_instalment import Explanation
from kernel.loans.fold import standing
from kernel.loans.standing import Standing

loan = typer.Typer(no_args_is_help=True, help="Schedules and standings of loans from a file.")

Source = Annotated[str, typer.Argument(metavar="FILE|-", help="A scenario or an array, as JSON.")]
AsOf = Annotated[
    datetime.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Value date.")
]
COLUMNS = (
    "number", "from_date", "due_date", "days", "principal_minor", "interest_minor", "fee_minor",
    "penalty_minor", "compound_minor", "total_minor", "balance_minor", "prepaid_minor",
    "paid_minor", "paid_early_minor", "paid_late_minor", "waived_minor", "outstanding_minor",
    "is_due",
)  # fmt: skip
LEFT_OUT = frozenset({"instalments", "rounding"})


@loan.command()
def simulate(
    file: Source,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print instalments as CSV.")] = False,
    as_table: Annotated[bool, typer.Option("--table", help="Print tables (default).")] = False,
    picture: Annotated[
        Path | None, typer.Option("--plot", help="Draw balance and instalments into a PNG or SVG.")
    ] = None,
) -> None:
    """Fold each scenario and show its schedule and standing."""
    with clear_errors():
        if as_json + as_csv + as_table > 1:
            raise InvalidInput(("--json --csv --table", "name one of them"))
        single, scenarios = read_scenarios(file, None if as_of is None else as_of.date())
        drawn: list[tuple[Scenario, Standing]] = []
        folded = _folded(scenarios, drawn)
        printed = _print_json(folded, single) if as_json else None
        if printed is None:
            printed = _print_csv(folded) if as_csv else _print_tables(folded)
        if picture is not None and drawn:
            plot([(each.id, found) for each, found in drawn], picture)
    if printed:
        raise typer.Exit(1)


Folded = tuple[Scenario, Standing] | Failed


def _folded(
    scenarios: Iterator[Scenario | Failed], drawn: list[tuple[Scenario, Standing]]
) -> Iterator[Folded]:
    for each in scenarios:
        if isinstance(each, Failed):
            yield each
            continue
        found = each, standing(each.terms, each.events, each.as_of)
        if len(drawn) < PANELS_MAX:
            drawn.append(found)
        yield found


def answer(scenario: Scenario, found: Standing) -> dict[str, Any]:
    """The published answer for one scenario; see docs/loan-simulate.md."""
    plain = msgspec.to_builtins(found)
    return {
        "id": scenario.id,
        "as_of": found.as_of.isoformat(),
        "instalments": [{name: row[name] for name in COLUMNS} for row in plain["instalments"]],
        "standing": {name: value for name, value in plain.items() if name not in LEFT_OUT},
        "all_in_apr_ppm": all_in_apr_ppm(scenario.terms, found),
        "effective_annual_cost_ppm": effective_annual_cost_ppm(found),
    }


def _error(failed: Failed) -> dict[str, Any]:
    return {"id": failed.id, "error": {"path": failed.path, "reason": failed.reason}}


def _print_json(folded: Iterator[Folded], single: bool) -> bool:
    """Print one object, or an array of them line by line; whether any scenario was wrong."""
    wrong, out = False, sys.stdout
    out.write("" if single else "[")
    for place, each in enumerate(folded):
        wrong = wrong or isinstance(each, Failed)
        plain = _error(each) if isinstance(each, Failed) else answer(*each)
        out.write("" if single else "\n" if place == 0 else ",\n")
        out.write(json.dumps(plain, ensure_ascii=False))
    out.write("\n" if single else "\n]\n")
    return wrong


def _print_csv(folded: Iterator[Folded]) -> bool:
    wrong = False
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("id", *COLUMNS))
    for each in folded:
        if isinstance(each, Failed):
            wrong = True
            _say(each)
            continue
        scenario, found = each
        for line in found.instalments:
            writer.writerow((scenario.id, *(getattr(line, name) for name in COLUMNS)))
    return wrong


def _say(failed: Failed) -> None:
    errors.print(f"INVALID_INPUT {failed.path}: {failed.reason}", highlight=False, markup=False)


def _print_tables(folded: Iterator[Folded]) -> bool:
    wrong = False
    for each in folded:
        if isinstance(each, Failed):
            wrong = True
            _say(each)
        else:
            _print_table(*each)
    return wrong


def _print_table(scenario: Scenario, found: Standing) -> None:
    currency = scenario.terms.currency

    def minor(amount: int) -> str:
        return money(amount, currency)

    rows = [
        (
            line.number, line.due_date, line.days, minor(line.principal_minor),
            minor(line.interest_minor), minor(line.fee_minor),
            minor(line.penalty_minor + line.compound_minor), minor(line.total_minor),
            minor(line.paid_minor), minor(line.outstanding_minor), minor(line.balance_minor),
        )
        for line in found.instalments
    ]  # fmt: skip
    titles = (
        "no.", "due", "days", "principal", "interest", "fee", "penalty", "total", "paid", "open",
        "balance",
    )  # fmt: skip
    show(f"{scenario.id} ({currency}) as of {found.as_of}", titles, rows, right=9)
    apr = all_in_apr_ppm(scenario.terms, found)
    figures = [
        ("status", found.status.value),
        ("principal not yet due", minor(found.normal_minor)),
        ("overdue principal", minor(found.overdue_minor)),
        ("due and unpaid", minor(found.due.total_minor)),
        ("interest accrued, not due", minor(found.accrued_interest_minor)),
        ("days past due", found.days_past_due),
        ("held for the customer", minor(found.unapplied_minor)),
        ("payoff", minor(found.payoff_minor)),
        ("all-in annual rate", "none" if apr is None else f"{apr // 10_000}.{apr % 10_000:04d} %"),
    ]
    show("standing", ("figure", "value"), figures, right=1)


@loan.command("explain")
def explain_figure(
    file: Source,
    figure: Annotated[str, typer.Argument(help="payoff_minor, instalments[3].interest_minor, …")],
    as_of: AsOf = None,
    scenario_id: Annotated[str | None, typer.Option("--id", help="Which scenario.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show where a figure comes from: events, rule, inputs and rounding."""
    with clear_errors():
        _, scenarios = read_scenarios(file, None if as_of is None else as_of.date())
        for each in scenarios:
            if scenario_id is not None and each.id != scenario_id:
                continue
            if isinstance(each, Failed):
                raise InvalidInput((each.path, each.reason))
            tree = explain(standing(each.terms, each.events, each.as_of), figure)
            if as_json:
                sys.stdout.write(json.dumps(msgspec.to_builtins(tree), ensure_ascii=False) + "\n")
            else:
                console.print(explanation_tree(tree), highlight=False)
            return
        raise InvalidInput(("--id", f"there is no scenario {scenario_id!r:.50}"))


def explanation_tree(node: Explanation) -> Tree:
    """An explanation for people."""
    inputs = ", ".join(f"{name} {value}" for name, value in node.inputs.items())
    text = f"{node.figure} = {node.value}: {node.says}" + (f" ({inputs})" if inputs else "")
    tree = Tree(Text(text))
    for child in node.children:
        tree.children.append(explanation_tree(child))
    return tree
