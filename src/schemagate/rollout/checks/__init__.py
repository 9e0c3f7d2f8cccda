"""The checks of gates, one module per subject; each yields one answer per target."""

from __future__ import annotations

from typing import Final

from schemagate.rollout.checks import bases, broker, builds, calls, endings, registered, switching
from schemagate.rollout.checks.question import Family

CHECKS: Final[Family] = {
    **bases.FAMILY,
    **registered.FAMILY,
    **builds.FAMILY,
    **switching.FAMILY,
    **calls.FAMILY,
    **endings.FAMILY,
    **broker.FAMILY,
}
"""Every check by its id."""
