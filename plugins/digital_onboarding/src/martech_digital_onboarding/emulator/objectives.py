"""`GET /v1/objectives`; completing one has no endpoint, it is done in a contact object (`posts.py`)."""

from __future__ import annotations

from dataclasses import asdict

from martech.emulation import Incoming, Response, route
from martech_digital_onboarding.emulator.state import DigitalOnboardingState

__all__ = ["ObjectiveRoutes"]


class ObjectiveRoutes(DigitalOnboardingState):
    """What contacts of the team can complete."""

    @route("GET", "/v1/objectives")
    def get_objectives(self, incoming: Incoming) -> Response:
        """List every objective, the platform's and the team's (seed, "Get a list of objectives")."""
        del incoming
        return self.listing("objectives", [asdict(objective) for objective in self.objectives.values()])
