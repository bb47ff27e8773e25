"""What a plan promises, against what a migration then does.

Generated accounts are planned, signed off and moved by a run; then both sides are read again. Who was created,
updated or left as they were is told by comparing the target before and after, without the plan's own comparison.
Everything that did not arrive as it was must be in the plan, by name, and for no more people than the plan says.
"""

from __future__ import annotations

from tests.prove.plan.accounts import SOURCES, TARGETS, InMemory
from tests.prove.plan.proof import account, prove

__all__ = ["SOURCES", "TARGETS", "InMemory", "account", "prove"]
