"""Set up and run the tests: `python3 scripts/test.py [pytest options]`."""

from __future__ import annotations

import subprocess
import sys

from environment import ROOT, prepare


def main() -> int:
    """The exit code is pytest's."""
    programs = prepare("dev")
    command = [str(programs / "python"), "-m", "pytest", "-n", "auto", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
