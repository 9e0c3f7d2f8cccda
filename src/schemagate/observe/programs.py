"""What number does a program of the repository print? Only one that is merged is started, without a shell.

Its output can hold anything, payloads and passwords too: nothing of it is repeated but the number.
"""

from __future__ import annotations

import os
import selectors
import signal
import stat
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from time import monotonic
from typing import IO, Final

from schemagate.errors import NoAnswer
from schemagate.observe.numbers import written
from schemagate.project.git import Entry, Git

_MOST_OUTPUT: Final = 1 << 20
_GONE_SECONDS: Final = 5
"""How long the system may take to end a process that was killed."""


def run(
    command: tuple[str, ...], root: Path, git: Git, commit: str, *, environ: Mapping[str, str], until: float
) -> float:
    """The number on the last line; raises NoAnswer for everything else. `until` is a reading of `monotonic`."""
    program = _program(command[0])
    _check_merged(program, root, git, commit)
    output = _output([str(root / program), *command[1:]], program, root, environ, until)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    value = written(lines[-1].decode("ascii", "replace")) if lines else None
    if value is None:
        what = "its last line is not one number" if lines else "it printed nothing"
        raise NoAnswer(f"{program} gives no value: {what}", next_step=f"run {program} and correct it")
    return value


def _program(word: str) -> str:
    """The program's path in the repository."""
    path = PurePosixPath(word)
    if "/" not in word or path.is_absolute() or ".." in path.parts or "\\" in word or "\0" in word:
        raise NoAnswer(
            "the program is not named by a path of the repository",
            next_step='name a merged file, as in command = ["./ops/missing-rows"]',
        )
    return path.as_posix()


def _check_merged(program: str, root: Path, git: Git, commit: str) -> None:
    """The program, and all in its folder, is on disk what the commit holds."""
    folder = PurePosixPath(program).parent.as_posix()
    folder = "" if folder == "." else folder
    merged = git.tree(commit, [folder])
    entry = merged.get(program)
    if entry is None or not entry.is_file:
        raise NoAnswer(f"{program} is no file of the merged commit {commit[:10]}", next_step=f"merge {program} first")
    blobs = git.blobs(each.blob for each in merged.values() if each.blob and not _is_submodule(each))
    changed = [path for path, each in merged.items() if not _is_as_merged(root / path, each, blobs)]
    changed += [path for path in _on_disk(root, folder) or git.edited(commit, [folder]) if path not in merged]
    if (root / folder).resolve() != root.resolve() / folder:
        changed.append(folder)
    if changed:
        raise NoAnswer(
            f"{min(changed)} is not what the merged commit {commit[:10]} holds, and only merged programs are run",
            next_step=f"check {commit[:10]} out, or merge {min(changed)}",
        )


def _on_disk(root: Path, folder: str) -> list[str]:
    """Every file below a folder of the project, those that git ignores too; none for the project's own folder."""
    files = (root / folder).rglob("*") if folder else ()
    return [file.relative_to(root).as_posix() for file in files if not file.is_dir() or file.is_symlink()]


def _is_submodule(entry: Entry) -> bool:
    return entry.mode == "160000"


def _is_as_merged(file: Path, entry: Entry, blobs: Mapping[str, bytes]) -> bool:
    """Read from disk: git's index may have been told not to look (`--assume-unchanged`)."""
    if _is_submodule(entry) or entry.blob is None:
        return False
    try:
        mode = file.lstat().st_mode
        if stat.S_ISLNK(mode):
            return not entry.is_file and os.fsencode(file.readlink()) == blobs[entry.blob]
        executable = bool(mode & stat.S_IXUSR) == (entry.mode == "100755")
        return entry.is_file and stat.S_ISREG(mode) and executable and file.read_bytes() == blobs[entry.blob]
    except OSError:
        return False


def _output(command: list[str], program: str, root: Path, environ: Mapping[str, str], until: float) -> bytes:
    try:
        process = subprocess.Popen(  # noqa: S603 - a merged program, without a shell
            command, cwd=root, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True, bufsize=0,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise NoAnswer(
            f"{program} cannot be started ({type(error).__name__})",
            next_step=f"give {program} a first line such as #!/usr/bin/env python3, and git update-index --chmod=+x",
        ) from None
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        with process.stdout as stdout:
            output = _read(stdout, program, until)
            code = process.wait(max(0, until - monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        raise NoAnswer(f"{program} had no value in time", next_step=f"make {program} quicker") from None
    finally:
        _end(process)
    if code != 0:
        how = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
        raise NoAnswer(f"{program} {how}", next_step=f"run {program} and correct it")
    return output


def _read(stdout: IO[bytes], program: str, until: float) -> bytes:
    """All of the output; raises TimeoutError, and NoAnswer for a flood."""
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while selector.select(max(0, until - monotonic())):
            piece = os.read(stdout.fileno(), 1 << 16)
            if not piece:
                return bytes(output)
            output += piece
            if len(output) > _MOST_OUTPUT:
                raise NoAnswer(f"{program} prints more than 1 MiB", next_step=f"let {program} print one number")
    raise TimeoutError


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that still runs with all its children; before it is waited for, its group is nobody else's."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GONE_SECONDS)
