"""Templates, and journeys made from them."""

from __future__ import annotations

from typing import Any

from martech.emulation import Incoming, Response, reply, route
from martech_digital_onboarding.emulator.answers import Refused, refusal, unprocessable
from martech_digital_onboarding.emulator.assumptions import BAD_REQUEST, BLANK, INVALID, NOT_FOUND
from martech_digital_onboarding.emulator.posts import IgnoredMember
from martech_digital_onboarding.emulator.shapes import posted_object
from martech_digital_onboarding.emulator.upserting import Upserting

__all__ = ["JourneyRoutes"]

_MEMBERS = frozenset({"owner_id", "name", "contact"})  # seed, "Journeys"; `template_id` is in the path


class JourneyRoutes(Upserting):
    """What a team can send, and sending it to one contact."""

    @route("GET", "/v1/templates")
    def get_templates(self, incoming: Incoming) -> Response:
        """List every template of the team (seed, "Get a list of templates"); there is no paging."""
        del incoming
        templates = [{"id": template_id, "name": name} for template_id, name in self.templates.items()]
        return self.listing("templates", templates)

    @route("POST", "/v1/templates/{template_id}/journeys")
    def create_a_journey(self, incoming: Incoming) -> Response:
        """Create a journey for one contact, who is created or updated on the way (seed, "Create a Journey")."""
        template_id = incoming.parts["template_id"]
        if template_id not in self.templates:
            return refusal(404, NOT_FOUND)
        body = posted_object(incoming)
        if body is None:
            return refusal(400, BAD_REQUEST)
        try:
            _check(body)
            post = self.contact_reader().read(body["contact"])
        except Refused as refused:
            return unprocessable(refused, self.validation_errors)
        contact, _ = self.upsert(post, route="contacts")
        ignored = [member for member in body if member not in _MEMBERS]
        self.ignored_members += [IgnoredMember(contact.unique_id, member, "unknown") for member in ignored]
        journey = self.create_journey(
            contact, template_id, route="journeys", name=body.get("name"), owner_id=body.get("owner_id")
        )
        answer = {"id": journey.id, "slug": journey.slug, "web_client_url": journey.web_client_url}
        return reply(self.success_status, answer)


def _check(body: dict[str, Any]) -> None:
    errors: dict[str, list[str]] = {}
    if body.get("contact") is None:
        errors["contact"] = [BLANK]
    for member in ("owner_id", "name"):
        if not isinstance(body.get(member), str | None):
            errors[member] = [INVALID]
    if errors:
        raise Refused(errors)
