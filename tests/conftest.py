"""What every test file shares: options that make judges compulsory, a PostgreSQL, and the size of property runs."""

from __future__ import annotations

import os
from collections.abc import Iterator

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
    parser.addoption("--require-postgres", action="store_true", help="fail, do not skip, when PostgreSQL is missing")


def pytest_configure(config: pytest.Config) -> None:
    import postgres
    from oracles import FOLDER

    if config.getoption("--require-oracles") and not FOLDER.is_dir():
        raise pytest.UsageError("the oracle files are required, and their folder is missing; set SCHEMAGATE_ORACLES")
    if config.getoption("--require-postgres") and postgres.programs() is None:
        raise pytest.UsageError("PostgreSQL is required, and its programs are missing: apt-get install postgresql")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The DSN of a real PostgreSQL of this session's own, as its superuser."""
    import postgres

    if postgres.programs() is None:
        pytest.skip("there is no PostgreSQL here: apt-get install postgresql")
    with postgres.running() as dsn:
        yield dsn
