"""Keeper of the embedded server: stops it when nobody uses it any more, whatever ended its users.

Every process that uses a server holds a shared lock on the file ``users`` in its folder; the
kernel drops that lock however the process ends, ``kill -9`` included. Who starts or stops a server
holds ``turn`` meanwhile. The keeper is a small process of its own beside the server; this file
is its program and needs the standard library alone, so it runs by its path and starts at once.
Units: seconds.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

MARK = "cluster_name=corebank"
LOOK_EVERY_SECONDS = 0.5
STOP_SECONDS = 30


class ServerFailed(Exception):
    """A program of the embedded server failed; says what it said last."""


class Identity(NamedTuple):
    """The user that the server runs as, where that is not ourselves."""

    user_id: int
    group_id: int


def run(program: Path, *arguments: str, identity: Identity | None) -> tuple[int, str]:
    """Exit code and output of a program, run as the server's user in a session of its own.

    A Ctrl-C on the terminal does not reach it, and is heard here only when the program is done:
    one that was cut short could leave a server behind that nobody knows.
    Raises ServerFailed when the program cannot be run as that user.
    """
    who: dict[str, Any] = {}
    if identity is not None:
        who = {"user": identity.user_id, "group": identity.group_id, "extra_groups": []}
    with tempfile.TemporaryFile("w+") as output:
        try:
            process = subprocess.Popen(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                **who,
            )
        except OSError as error:
            raise ServerFailed(f"{program} cannot run as user {identity}: {error}") from error
        try:
            process.wait()
        except BaseException:
            process.wait()
            raise
        output.seek(0)
        return process.returncode, output.read()


def lock_file(path: Path, *, make: bool = True) -> int:
    """Descriptor of a lock file, made if it is new; a link in its place is an OSError."""
    flags = os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if make else 0)
    return os.open(path, flags, 0o600)


@contextmanager
def turn(folder: Path, *, make: bool = True) -> Iterator[None]:
    """One process at a time starts or stops the server of the folder; waits for the turn."""
    descriptor = lock_file(folder / "turn", make=make)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_only_user(users: int) -> bool:
    """Whether nobody else uses the server; asked in one's ``turn``, and the lock is then ours."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def written_process(data: Path) -> int | None:
    """The living process that the folder's pid file names, be it a server or not."""
    try:
        number = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(number, 0)
    except PermissionError:
        return number
    except (OSError, ValueError):
        return None
    return number


def server_process(data: Path) -> int | None:
    """Process id of the server that runs on this data folder, or None.

    A pid file outlives a crash, and in a container its number soon belongs to another program.
    So, where the machine tells, the process has to be a PostgreSQL server of this folder.
    """
    number = written_process(data)
    if number is None:
        return None
    words = _command_line(number)
    if words is None:
        return number
    if not words or Path(words[0]).name != "postgres":
        return None
    folders = [word for word in words[1:] if word.startswith("/")]
    return number if not folders or str(data) in folders else None


def is_ours(number: int) -> bool:
    """Whether a corebank process started this server, and not the operator by hand."""
    words = _command_line(number)
    return words is None or MARK in words


def _command_line(number: int) -> list[str] | None:
    """The words that started a process, none for a dead one; None if the machine does not tell."""
    if not Path("/proc/self").exists():
        return None
    try:
        return os.fsdecode(Path(f"/proc/{number}/cmdline").read_bytes()).split("\0")[:-1]
    except OSError:
        return []


def stop_server(folder: Path, programs: Path, identity: Identity | None) -> bool:
    """Stop the folder's server if a corebank process started it; whether there was one to stop.

    Open sessions are ended; nothing committed is lost. Raises ServerFailed.
    """
    number = server_process(folder / "data")
    if number is None or not is_ours(number):
        return False
    said = ""
    for mode in ("fast", "immediate"):
        order = ["stop", "-D", str(folder / "data"), "-m", mode, "-w", "-t", str(STOP_SECONDS)]
        code, said = run(programs / "pg_ctl", *order, identity=identity)
        if code == 0 or server_process(folder / "data") is None:
            return True
    raise ServerFailed(f"PostgreSQL in {folder} does not stop:\n{said}")


def keep(folder: Path, programs: Path, identity: Identity | None) -> None:
    """Wait until nobody uses the server, stop it, and come back.

    Nothing to stop has to be seen twice: a server that was just being started when its starter
    died shows up a moment later. A folder that was removed is left so: FileNotFoundError.
    """
    quiet = 0
    while quiet < 2:
        time.sleep(LOOK_EVERY_SECONDS)
        with turn(folder, make=False):
            users = lock_file(folder / "users", make=False)
            try:
                is_unused = is_only_user(users)
                stopped = is_unused and stop_server(folder, programs, identity)
            finally:
                os.close(users)
        quiet = quiet + 1 if is_unused and not stopped else 0


def start_keeper(
    folder: Path, programs: Path, identity: Identity | None
) -> subprocess.Popen[bytes]:
    """Run ``keep`` in a process of its own, out of reach of the terminal's Ctrl-C."""
    return subprocess.Popen(
        [
            *(sys.executable, "-I", "-S", __file__, str(folder), str(programs)),
            *(str(number) for number in identity or ()),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[3:]]
    keep(Path(sys.argv[1]), Path(sys.argv[2]), Identity(*numbers) if numbers else None)
