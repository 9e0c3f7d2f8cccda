"""Set up and show the whole job on this repository's own schemas: `python3 scripts/demo.py`.

Everything happens in a scratch copy with an embedded registry; the checkout stays as it is. Each command must end with
the exit code that the story says, or the demo fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import ROOT, prepare

_GIT = ["git", "-c", "user.name=demo", "-c", "user.email=demo@example.invalid", "-c", "init.defaultBranch=main"]


class Story:
    """Runs commands in the scratch copy and shows them as a person would type them."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONUTF8": "1"}
        self.chapters = 0

    def chapter(self, title: str) -> None:
        """A headline."""
        self.chapters += 1
        print(f"\n== {self.chapters}. {title}\n", flush=True)

    def schemagate(self, arguments: str, expected: int = 0) -> None:
        """Run a command; its exit code must be the expected one."""
        print(f"$ schemagate {arguments}", flush=True)
        done = subprocess.run(
            ["schemagate", *arguments.split()],
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.STDOUT,
            check=False,
        )
        print(f"exit {done.returncode}\n" if done.returncode else "", flush=True)
        if done.returncode != expected:
            sys.exit(f"the demo expected exit {expected}")

    def commit(self, message: str) -> None:
        """Commit everything in the scratch copy."""
        print(f"$ git commit -m '{message}'\n", flush=True)
        for command in (["add", "--all"], ["commit", "--quiet", "--message", message]):
            subprocess.run([*_GIT, *command], cwd=self.folder, check=True)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in a file, and show how."""
        file = self.folder / path
        text = file.read_text("utf-8")
        if text.count(old) != 1:
            sys.exit(f"the demo expected one {old!r} in {path}")
        file.write_text(text.replace(old, new), "utf-8")
        print(f"# {path}:  {' '.join(old.split())}  ->  {' '.join(new.split())}\n", flush=True)


def main() -> None:
    """Tell the story."""
    programs = prepare()
    with tempfile.TemporaryDirectory(prefix="schemagate-demo-") as scratch:
        folder = Path(scratch) / "contracts"
        _copy(folder)
        story = Story(programs, folder)
        subprocess.run([*_GIT, "init", "--quiet"], cwd=folder, check=True)
        story.commit("the contracts")
        tell(story)
    print("That was the whole job, in a copy that is gone now. In your own repository begin with:  schemagate init")


def tell(story: Story) -> None:
    """Green all the way; then a break that is caught; then a gate that opens when its evidence is there."""
    story.chapter("From schemas in git to a registry that holds them, verified")
    for arguments in ("lint", "check", "generate", "plan", "publish", "publish", "gate manager@1"):
        story.schemagate(arguments)

    story.chapter("An edit that would break a consumer is refused, with the event that proves it")
    story.edit("schemas/candidate/v1.json", '"lastname", "login", "created_at"', '"lastname", "created_at"')
    story.schemagate("check", expected=1)
    print("$ git checkout -- schemas\n", flush=True)
    subprocess.run(["git", "checkout", "--quiet", "--", "schemas"], cwd=story.folder, check=True)

    story.chapter("A producer may switch to manager v2 only when every consumer reads it")
    story.schemagate("gate manager@2", expected=1)
    story.edit("services/bonuses.toml", 'event = "manager"\nversions = [1]', 'event = "manager"\nversions = [1, 2]')
    story.commit("bonuses reads manager v2")
    story.schemagate("gate manager@2")


def _copy(folder: Path) -> None:
    for name in ("schemas", "services"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "schemagate.toml", folder)
    (folder / ".gitignore").write_text(".schemagate/\n")


if __name__ == "__main__":
    main()
