"""What a run does, as small steps: each talks to vendors in one half and writes the journal in the other.

The first half may be done twice, the second is done once, together with the engine's checkpoint. What a step is
given are cursors and bounds, never people.
"""

from __future__ import annotations

from martech.migration.phases.course import STEPS, batch, begin, finish, migrate
from martech.migration.phases.steps import Step, Steps

__all__ = ["STEPS", "Step", "Steps", "batch", "begin", "finish", "migrate"]
