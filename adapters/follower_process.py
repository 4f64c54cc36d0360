"""The follower and the entity indexer in a process of their own beside the server.

So they take no share of the interpreter from the engine. The process (``adapters.follow``) hears
from this one through a pipe: a byte says that the log has grown; the pipe's end, which the kernel
brings about however this process ends, tells it to end too. When it dies it is started again.
Units: seconds.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading

import structlog
from sqlalchemy import Engine

from kernel.eventstore.log import Log
from kernel.projections.progress import Progress

RESTART_SECONDS = 1.0
STOP_SECONDS = 10.0
PROGRAM = "adapters.follow"

_LOG = structlog.get_logger(__name__)


class FollowerProcess(Progress):
    """Starts, wakes and stops the process that keeps one ledger's read models and index up."""

    def __init__(self, url: str, schema: str, engine: Engine, log: Log) -> None:
        super().__init__(engine, log)
        self._environment = {"COREBANK_DATABASE_URL": url, "COREBANK_SCHEMA_NAME": schema}
        self._stopping = threading.Event()
        self._pipe = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="follower-process", daemon=True)

    @property
    def process_id(self) -> int | None:
        """Process id of the running process; None between two of them."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the process, and again whenever it dies, until ``stop``."""
        self._thread.start()

    def stop(self) -> None:
        """End the process; a round under way is rolled back, and done by whoever follows next."""
        with self._pipe:
            self._stopping.set()
            if self._process is not None:
                self._close(self._process)
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        if (process := self._process) is not None:
            process.kill()
            self._thread.join()

    def wake(self) -> None:
        """Tell the process that the log has grown; never waits."""
        with self._pipe:
            if self._process is None or self._stopping.is_set():
                return
            # A full pipe holds hints enough; a broken one means that it is dead.
            with contextlib.suppress(BlockingIOError, BrokenPipeError):
                os.write(_end_of(self._process), b"\n")

    def _keep(self) -> None:
        while True:
            with self._pipe:
                if self._stopping.is_set():
                    return
                process = self._process = self._launch()
            process.wait()
            with self._pipe:
                self._process = None
                self._close(process)
            if not self._stopping.is_set():
                _LOG.error("follower.died", process_id=process.pid, code=process.returncode)
                self._stopping.wait(RESTART_SECONDS)

    def _launch(self) -> subprocess.Popen[bytes]:
        """The process, in a session of its own: Ctrl-C on the terminal is the server's to hear."""
        process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM],
            env=os.environ | self._environment,
            stdin=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        os.set_blocking(_end_of(process), False)
        return process

    def _close(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        process.stdin.close()


def _end_of(process: subprocess.Popen[bytes]) -> int:
    assert process.stdin is not None
    return process.stdin.fileno()
