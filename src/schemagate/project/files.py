"""How are files written so that an interrupted run leaves the old file or the new one, never a piece?"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from schemagate.errors import Refused, SchemagateError


def write(root: Path, path: str, text: str) -> None:
    """Write a project file through a temporary file beside it; raises Refused for a way out of the project."""
    target = _inside(root, path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".schemagate-")
    except OSError as error:
        raise _cannot_write(path, error) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(temporary).chmod(target.stat().st_mode if target.exists() else 0o644)
        Path(temporary).replace(target)
    except OSError as error:
        raise _cannot_write(path, error) from None
    finally:
        Path(temporary).unlink(missing_ok=True)


def remove(root: Path, path: str) -> None:
    """Remove a project file that is there."""
    try:
        _inside(root, path).unlink()
    except OSError as error:
        raise _cannot_write(path, error) from None


def _inside(root: Path, path: str) -> Path:
    target = root / path
    for folder in [target, *target.parents]:
        if folder == root:
            return target
        if folder.is_symlink():
            raise Refused(f"{path} leads through a symbolic link", next_step="remove the link, or choose another place")
    raise Refused(f"{path} is outside of the project")


def _cannot_write(path: str, error: OSError) -> SchemagateError:
    return SchemagateError(
        f"{path} cannot be written: {error.strerror or error}", next_step="check the folder's permissions"
    )
