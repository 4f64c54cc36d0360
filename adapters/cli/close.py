"""``corebank close``: close a day on a running server and watch it."""

from __future__ import annotations

import datetime
import time
from typing import Annotated, Any

import typer
from corebank.close.v1 import close_pb2
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from adapters.cli.client import Client
from adapters.cli.failures import clear_errors
from adapters.cli.output import AsJson, Target, Tokens, console, show, show_json
from adapters.cli.roles import read_tokens

POLL_SECONDS = 0.2
ENDED = (close_pb2.CLOSE_STATE_SEALED, close_pb2.CLOSE_STATE_FAILED)


def close(
    date: Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="Day to close.")],
    target: Target = "127.0.0.1:50051",
    tokens: Tokens = None,
    as_json: AsJson = False,
) -> None:
    """Close a day, and before it every day that ended unsealed; safe to repeat at any time."""
    with clear_errors(), Client(target, read_tokens(tokens).get("operator", "")) as client:
        client.wait_until_ready()
        found = watched(client, date.date(), quiet=as_json)
    if as_json:
        steps = [{"name": one.name, "rows": one.rows} for one in found.steps]
        state = close_pb2.CloseState.Name(found.state).removeprefix("CLOSE_STATE_")
        show_json({
            "date": found.date, "state": state, "digest": found.digest, "error": found.error,
            "sealed_position": found.sealed_position, "parked": found.parked, "steps": steps,
        })  # fmt: skip
    else:
        rows = [[one.name, f"{one.done}/{one.total}", f"{one.rows:,}"] for one in found.steps]
        show(f"Close of {found.date}", ["step", "parts", "rows"], rows, right=2)
        console.print(f"digest {found.digest}" if found.digest else f"failed: {found.error}")
        if found.parked:
            console.print(f"{found.parked} contracts parked: see the alarms")
    raise typer.Exit(0 if found.digest else 1)


def watched(client: Client, date: datetime.date, *, quiet: bool) -> Any:
    """Start the close and show how it goes on until it ends; the last answer."""
    begun = client.call("StartDayClose", {"date": date.isoformat()})
    columns = (
        TextColumn("{task.description:>18}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet) as progress:
        task = progress.add_task(str(date), total=100)
        while True:
            found = client.call("GetDayClose", {"operation_id": begun.operation_id})
            under_way = next((one.name for one in found.steps if one.done < one.total), "")
            progress.update(task, completed=found.percent, description=under_way or str(date))
            if found.state in ENDED:
                return found
            if found.state == close_pb2.CLOSE_STATE_INTERRUPTED:
                client.call("StartDayClose", {"date": date.isoformat()})
            time.sleep(POLL_SECONDS)
