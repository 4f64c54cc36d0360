"""``corebank deposit simulate``: files in, interest out; errors name their path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from adapters.cli.main import app
from kernel.deposits.scenario import DepositScenario

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLE = DOCS / "deposit-example.json"


def run(*words: object, stdin: str | None = None) -> Result:
    """Run ``corebank deposit simulate``."""
    words = ("deposit", "simulate", *words)
    return CliRunner().invoke(app, [str(word) for word in words], input=stdin)


def scenario(events: list[dict[str, Any]], **terms: Any) -> dict[str, Any]:
    """A deposit of a kind."""
    return {"terms": {"currency": "CNY", **terms}, "events": events, "as_of": "2027-02-01"}


def test_the_example_of_the_documentation_is_what_the_command_prints() -> None:
    text = (DOCS / "deposit-simulate.md").read_text()
    printed = text.partition("deposit-example.json --csv\n")[2].partition("```")[0]
    assert run(EXAMPLE, "--csv").stdout == printed
    assert "162" in run(EXAMPLE).stdout


def test_the_published_schema_is_the_one_of_the_types() -> None:
    stored = json.loads((DOCS / "schemas" / "deposit-scenario.schema.json").read_text())
    assert stored == json.loads(json.dumps(DepositScenario.model_json_schema()))
    jsonschema.validate(json.loads(EXAMPLE.read_text()), stored)


def test_each_kind_runs() -> None:
    paid = {"kind": "deposit", "value_date": "2026-01-15", "amount_minor": 5_000_000}
    drawn = {"kind": "withdrawal", "value_date": "2026-07-20", "amount_minor": 2_000_000}
    term = scenario(
        [paid, drawn], kind="term", annual_rate_ppm=11_000, demand_rate_ppm=500, term_months=12
    )
    noticed = {
        "kind": "notice", "value_date": "2026-01-28", "draw_on": "2026-02-04",
        "amount_minor": 5_000_000,
    }  # fmt: skip
    closed = {"kind": "close", "value_date": "2026-02-04"}
    notice = scenario([paid, noticed, closed], kind="notice", annual_rate_ppm=4_500, notice_days=7)
    agreed = scenario(
        [{**paid, "amount_minor": 35_000_000}, {"kind": "close", "value_date": "2026-02-14"}],
        kind="agreement", annual_rate_ppm=2_000, demand_rate_ppm=500, base_minor=10_000_000,
    )  # fmt: skip
    found = json.loads(run("-", "--json", stdin=json.dumps([term, notice, agreed])).stdout)
    assert [[p["interest_minor"] for p in each["interest"]] for each in found] == [
        [517, 33_000],
        [1_250],
        [4_583],
    ]


@pytest.mark.parametrize(
    ("terms", "events", "path"),
    [
        ({"kind": "term"}, [], "[0].terms.annual_rate_ppm"),
        ({"kind": "term", "annual_rate_ppm": 1}, [], "[0].terms.term_months"),
        ({"kind": "current", "annual_rate_ppm": 1.5}, [], "[0].terms.annual_rate_ppm"),
        ({"kind": "current", "annual_rate_ppm": 1, "bonus": 1}, [], "[0].terms.bonus"),
        ({"kind": "current", "annual_rate_ppm": 1}, [], "[0].events"),
        (
            {"kind": "current", "annual_rate_ppm": 1},
            [{"kind": "deposit", "value_date": "2026-01-01"}],
            "[0].events.0.amount_minor",
        ),
    ],
)
def test_what_is_wrong_is_named_and_the_others_run(
    terms: dict[str, Any], events: list[dict[str, Any]], path: str
) -> None:
    good = json.loads(EXAMPLE.read_text())
    result = run("-", "--json", stdin=json.dumps([scenario(events, **terms), good]))
    bad, found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert bad["error"]["path"] == path
    assert found["interest_minor"] == 162
