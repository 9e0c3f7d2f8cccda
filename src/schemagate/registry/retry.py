"""When is a failed request worth another try, and how long is the wait before it?

The schedule is data: whoever calls a service over an unsafe network can walk through `delays` in the same way. Time and
chance are arguments, so that a test neither sleeps nor rolls dice.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

RETRYABLE: Final = frozenset({408, 429, 500, 502, 503, 504})
"""HTTP statuses that may be different next time. Everything else is an answer, and is asked for exactly once."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often and how long: `attempts` includes the first one, the other members are seconds.

    `deadline` covers all attempts of one call and the waits between them; no wait begins that would end after it.
    """

    attempts: int = 5
    first: float = 0.25
    longest: float = 8.0
    deadline: float = 60.0


@dataclass(frozen=True, slots=True)
class Timing:
    """A clock in seconds, a way to wait, and a number from 0 up to 1."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


SCHEDULE: Final = Schedule()
REAL_TIME: Final = Timing()


def delays(schedule: Schedule, chance: Callable[[], float]) -> Iterator[float]:
    """Seconds to wait before the second, third, ... attempt: exponential backoff with full jitter.

    Each wait is a random part of a limit that doubles, so that many clients of a server that comes back do not
    return all at once.
    """
    for retry in range(schedule.attempts - 1):
        yield chance() * min(schedule.longest, schedule.first * 2**retry)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait (RFC 9110 10.2.3), None if it does not say.

    A date is read against the server's own `Date`, since the two clocks need not agree.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):  # no date, no Date, or one with and one without a time zone
        return None
    return max(0.0, wait.total_seconds())
