"""``corebank loan``: files in, schedules and explanations out; errors name their path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from adapters.cli.main import app
from adapters.cli.scenarios import scenario_schema

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLE = DOCS / "loan-example.json"


def run(*words: object, stdin: str | None = None) -> Result:
    """Run ``corebank loan`` with these words."""
    return CliRunner().invoke(app, ["loan", *(str(word) for word in words)], input=stdin)


def scenario(**changes: Any) -> dict[str, Any]:
    """The example with other terms."""
    found: dict[str, Any] = json.loads(EXAMPLE.read_text())
    return {**found, "terms": {**found["terms"], **changes}}


def write(tmp_path: Path, content: object) -> Path:
    """A scenario file."""
    path = tmp_path / "loans.json"
    path.write_text(json.dumps(content))
    return path


def test_the_example_of_the_documentation_is_what_the_command_prints() -> None:
    text = (DOCS / "loan-simulate.md").read_text()
    printed = text.partition("docs/loan-example.json --csv\n")[2].partition("```")[0]
    assert run("simulate", EXAMPLE, "--csv").stdout == printed


def test_the_published_schema_is_the_one_of_the_types_and_takes_the_example() -> None:
    stored = json.loads((DOCS / "schemas" / "loan-scenario.schema.json").read_text())
    assert stored == json.loads(json.dumps(scenario_schema())), (
        "write docs/schemas/loan-scenario.schema.json anew"
    )
    jsonschema.validate(json.loads(EXAMPLE.read_text()), stored)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(scenario(method="lottery"), stored)


def test_one_scenario_gives_an_object_and_an_array_an_array(tmp_path: Path) -> None:
    one = json.loads(run("simulate", EXAMPLE, "--json").stdout)
    many = json.loads(run("simulate", write(tmp_path, [scenario()] * 2), "--json").stdout)
    assert many == [one, one]
    assert one["standing"]["days_past_due"] == 10
    assert one["instalments"][1]["penalty_minor"] == 414


def test_a_scenario_comes_from_standard_input() -> None:
    result = run("simulate", "-", "--json", stdin=json.dumps(scenario()))
    assert json.loads(result.stdout)["id"] == "farm loan"


def test_another_day_may_be_asked_for() -> None:
    result = run("simulate", EXAMPLE, "--json", "--as-of", "2026-04-01")
    assert json.loads(result.stdout)["standing"]["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"annual_rate_ppm": "4 %"}, "[1].terms.annual_rate_ppm"),
        ({"principal_minor": 1.5}, "[1].terms.principal_minor"),
        ({"principal_minor": True}, "[1].terms.principal_minor"),
        ({"principal_minor": 10**14}, "[1].terms.principal_minor"),
        ({"interest": 1}, "[1].terms.interest"),
        ({"method": "lottery"}, "[1].terms.method"),
        ({"method": "step"}, "[1].terms.step"),
        ({"currency": "ABC"}, "[1].terms.currency"),
        ({"every": {"months": 1, "weeks": 1}}, "[1].terms.every"),
        ({"first_due_date": "2026-01-01"}, "[1].terms.first_due_date"),
        ({"waterfall": [{"order": ["fee"]}]}, "[1].terms.waterfall.0.order"),
    ],
)
def test_wrong_terms_are_named_by_path_and_the_others_still_run(
    tmp_path: Path, changes: dict[str, Any], path: str
) -> None:
    file = write(tmp_path, [scenario(), scenario(**changes), scenario()])
    result = run("simulate", file, "--json")
    good, bad, last = json.loads(result.stdout)
    assert result.exit_code == 1
    assert good == last
    assert bad["id"] == "farm loan"
    assert bad["error"]["path"] == path


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ({"kind": "repayment", "value_date": "2026-04-01", "amount_minor": 0}, ".amount_minor"),
        ({"kind": "repayment", "value_date": "2026-04-01", "amount_minor": 1.5}, ".amount_minor"),
        ({"kind": "repayment", "value_date": "1 April", "amount_minor": 1}, ".value_date"),
        ({"kind": "repayment", "value_date": "2026-02-01", "amount_minor": 1}, ".value_date"),
        ({"kind": "gift", "value_date": "2026-04-01"}, ".kind"),
        ({"kind": "write_off", "value_date": "2026-04-01", "why": "x"}, ""),
        ({"kind": "reversal", "value_date": "2026-04-01", "reverses": "e9"}, ".reverses"),
        ("repayment", ""),
    ],
)
def test_a_wrong_event_is_named_by_path(tmp_path: Path, event: object, path: str) -> None:
    result = run("simulate", write(tmp_path, {**scenario(), "events": [event]}), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["path"] == f"events[0]{path}"


@pytest.mark.parametrize("text", ["{", "", "7", '"loan"'])
def test_a_file_that_is_no_scenario_is_refused_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    result = run("simulate", path)
    assert result.exit_code == 1
    assert "INVALID_INPUT" in result.stderr


def test_a_file_that_is_not_there_is_refused() -> None:
    result = run("simulate", "no-such-file.json")
    assert result.exit_code == 1
    assert "No such file" in result.stderr


def test_the_table_shows_schedule_and_standing() -> None:
    result = run("simulate", EXAMPLE)
    assert result.exit_code == 0
    assert "1,654.18" in result.stdout
    assert "payoff" in result.stdout


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "loan.png"
    assert run("simulate", EXAMPLE, "--plot", picture).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert run("simulate", EXAMPLE, "--plot", tmp_path / "no" / "loan.png").exit_code == 1


def test_a_figure_is_explained_down_to_days_and_events() -> None:
    result = run("explain", EXAMPLE, "instalments[2].penalty_minor", "--json")
    tree = json.loads(result.stdout)
    assert tree["value"] == "414"
    numerator, denominator = map(int, tree["children"][0]["value"].split("/"))
    assert round(numerator / denominator) == 414


def test_a_figure_that_is_none_is_refused_with_the_names_that_are() -> None:
    result = run("explain", EXAMPLE, "luck")
    assert result.exit_code == 1
    assert "payoff_minor" in result.stderr
