"""`python -m schemagate` is the same as `schemagate`."""

from schemagate.cli import run

run()
