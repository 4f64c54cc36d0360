"""What an operator sees when something is not in order: one line, and an exit code."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapters.cli.main import app

NOWHERE = {"COREBANK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}


def run(words: str, settings: dict[str, str]) -> Result:
    return CliRunner().invoke(app, words.split(), env=settings)


@pytest.mark.parametrize(
    "words",
    [
        "status",
        "migrate",
        "serve",
        "rebuild ledger",
        "report loans",
        "explain 1001 --branch 0755",
        "audit verify",
        "audit history account:A-1",
        "audit state account:A-1",
    ],
)
def test_a_database_that_does_not_answer(words: str) -> None:
    done = run(words, NOWHERE)
    assert done.exit_code == 3, done.output
    [said] = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert said.startswith("DATABASE_UNAVAILABLE connection failed"), said


@pytest.mark.parametrize(
    ("words", "settings", "code", "said"),
    [
        ("status", {"COREBANK_SCHEMA_NAME": "No Name"}, 3, "SETTING COREBANK_SCHEMA_NAME"),
        ("status", {"COREBANK_FOLLOW": "sometimes"}, 3, "SETTING COREBANK_FOLLOW"),
        ("feed none.jsonl", {}, 1, "FILE none.jsonl"),
        ("close --date 2026-03-02 --tokens none.json", {}, 1, "FILE none.json"),
        ("issue-credentials /proc/none", {}, 1, "FILE /proc/none"),
        ("loan simulate none.json", {}, 1, "none.json"),
        ("rebuild horoscope", {}, 2, "known are"),
        ("report ageing --as-of 2026-13-01", {}, 2, "2026-13-01"),
        ("close --date yesterday", {}, 2, "yesterday"),
        ("report horoscope", {}, 2, "No such command"),
    ],
)
def test_what_is_wrong_is_named(words: str, settings: dict[str, str], code: int, said: str) -> None:
    done = run(words, settings)
    assert (done.exit_code, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def _hear_ctrl_c() -> None:
    """Also where the tests themselves run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_a_command_in_one_line() -> None:
    """Waiting for a server that takes no calls."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        target = f"127.0.0.1:{mute.getsockname()[1]}"
        words = ["close", "--date", "2026-03-02", "--target", target]
        process = subprocess.Popen(
            [sys.executable, "-m", "adapters.cli", *words],
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            preexec_fn=_hear_ctrl_c,
        )
        mute.settimeout(60)
        mute.accept()[0].close()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (130, "ended by Ctrl-C")


def test_help_tells_the_exit_codes_and_the_settings() -> None:
    assert "Exit codes: 0 done" in run("--help", {}).stdout
    assert "COREBANK_READ_ONLY" in run("serve --help", {}).stdout
