"""Whom a server runs as: database servers refuse to run as root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
NO_FURTHER_GROUPS: tuple[int, ...] = ()


@dataclass(frozen=True)
class Identity:
    """How to start a program: a command prefix, and the user and group to become."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None

    def run(self, command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a program to its end in a folder."""
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            cwd=folder,
            user=self.uid,
            group=self.uid,
            extra_groups=self._extra_groups,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def spawn(self, command: Sequence[str | Path], folder: Path, log: Path) -> subprocess.Popen[bytes]:
        """Start a program in a folder, in a session of its own so that Ctrl-C of the tests spares it."""
        with log.open("ab") as output:
            return subprocess.Popen(
                [*self.prefix, *map(str, command)],
                cwd=folder,
                user=self.uid,
                group=self.uid,
                extra_groups=self._extra_groups,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def own(self, folder: Path) -> None:
        """Hand a folder to the user that the server will run as."""
        if self.uid is not None:
            os.chown(folder, self.uid, self.uid)

    @property
    def _extra_groups(self) -> Sequence[int] | None:
        return None if self.uid is None else NO_FURTHER_GROUPS


def identity_for(binary: Path) -> Identity | None:
    """Find an identity under which a server binary runs, or None when there is none."""
    for identity in _candidates():
        try:
            if identity.run([binary, "--version"], Path("/")).returncode == 0:
                return identity
        except (OSError, subprocess.SubprocessError):
            continue
    return None


def _candidates() -> Iterator[Identity]:
    if os.geteuid() != 0:
        yield Identity()
        return
    yield Identity(uid=NOBODY)
    # Binaries below root's private folders: nobody may not reach them, root under another name may.
    yield Identity(prefix=("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"))
