"""What every test file shares: the option that makes oracles compulsory, and the size of property runs."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "schemagate",
    max_examples=int(os.environ.get("SCHEMAGATE_EXAMPLES", "60")),
    deadline=None,  # the machine is shared; a test asserts results, not times
    derandomize="SCHEMAGATE_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("schemagate")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-oracles", action="store_true", help="fail, do not skip, when the oracle files are missing"
    )


def pytest_configure(config: pytest.Config) -> None:
    from oracles import FOLDER

    if config.getoption("--require-oracles") and not FOLDER.is_dir():
        raise pytest.UsageError("the oracle files are required, and their folder is missing; set SCHEMAGATE_ORACLES")
