"""The virtual environment that the two commands of the README share; standard library only."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv"
BIN = FOLDER / ("Scripts" if sys.platform == "win32" else "bin")


def prepare(extras: str = "") -> Path:
    """Make `.venv` with the project (and its extras) installed; returns the folder of its programs."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is run by whatever Python is there
        sys.exit(f"schemagate needs Python 3.11 or newer, and this is {sys.version.split()[0]}")
    wanted = f".[{extras}]" if extras else "."
    stamp = FOLDER / f".installed-{extras or 'plain'}"
    state = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == state:
        return BIN
    print(f"setting up {FOLDER.name} with {wanted} …", flush=True)
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        venv.create(FOLDER, with_pip=True)
    pip = [str(BIN / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if subprocess.run([*pip, "--editable", wanted], cwd=ROOT, check=False).returncode != 0:
        sys.exit("pip could not install the project; its own words are above")
    subprocess.run([str(BIN / "python"), "-m", "compileall", "-q", "src"], cwd=ROOT, check=True)  # as an install does
    stamp.write_text(state)
    return BIN
