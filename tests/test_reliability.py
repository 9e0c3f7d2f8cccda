"""Does docs/reliability.md say what is true: the schedule as computed, rules that exist, a manifest fragment that lints?"""

from __future__ import annotations

import re
import tomllib
from itertools import accumulate
from pathlib import Path

from schemagate.ask.explain import rule_ids
from schemagate.project import keys
from schemagate.registry.retry import Schedule, delays

PAGE = (Path(__file__).parents[1] / "docs" / "reliability.md").read_text("utf-8")


def limits(attempts: int) -> list[float]:
    """The longest wait before the second, third, ... attempt."""
    return list(delays(Schedule(attempts=attempts, first=keys.seconds("1s"), longest=keys.seconds("5m")), lambda: 1.0))


def test_the_retry_table_is_the_schedule() -> None:
    rows = re.findall(r"^\| (\d) \| (\S+)(?: s)? \| (\d+) s \|$", PAGE, re.MULTILINE)
    waits = limits(8)
    assert [int(attempt) for attempt, _, _ in rows] == list(range(1, 9))
    assert [float(wait) for _, wait, _ in rows[1:]] == waits
    assert [float(total) for _, _, total in rows] == [0, *accumulate(waits)]


def test_the_cap_counts_when_the_page_says_so() -> None:
    assert "from the eleventh attempt on" in PAGE
    assert limits(11)[-2:] == [256, 300]


def test_every_rule_that_is_named_exists_and_every_rule_of_the_five_is_named() -> None:
    named = set(re.findall(r"\b(?:SV|ML|EV)\d\d\b", PAGE))
    assert named <= set(rule_ids())
    assert {"SV04", "SV08", "ML01", "ML06", "ML07", "ML08", "ML09", "ML10"} <= named


def test_the_tables_have_the_columns_that_relay_and_inbox_need() -> None:
    outbox, inbox = re.findall(r"create table \w+ \((.*?)\n\);", PAGE, re.DOTALL)
    columns = [re.findall(r"^  (\w+)", table, re.MULTILINE) for table in (outbox, inbox)]
    assert columns[0][:5] == ["id", "aggregatetype", "aggregateid", "type", "event_version"]
    assert set(columns[0][5:]) == {"payload", "created_at", "sent_at", "attempts", "next_attempt_at"}
    assert columns[1] == ["consumer", "idempotency_key", "event_version", "done_at", "primary"]


def test_the_fragment_is_a_valid_manifest_entry() -> None:
    (fragment,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    entry = tomllib.loads(fragment)["idempotency"]
    assert all(keys.IDEMPOTENCY[name].accepts(value) for name, value in entry.items())
