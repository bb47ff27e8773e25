"""What Pigeonpost allows."""

from __future__ import annotations

from martech.provider import Limit

# 20 in every second of Pigeonpost's clock. Spaced evenly, since a burst on top of the rate would be more in some
# second, and with a tenth to spare for what the way there squeezes together.
LIMITS = (Limit(name="calls", calls=20, per_seconds=1.1, burst=1, every=True, source="README, “Limits”"),)

BATCH_SIZE = 20
"""People in one batch, and addresses in one call about a circle."""
LOAD_SIZE = 500
"""People in one load."""
PAGE_SIZE = 50
OUTCOME_PAGE_SIZE = 100
