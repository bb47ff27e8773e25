"""What a contact object does once it was read: it is stored, completes objectives and starts a journey."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from martech_digital_onboarding.emulator.assumptions import HUB_URL
from martech_digital_onboarding.emulator.people import Contact
from martech_digital_onboarding.emulator.posts import ContactPost, IgnoredMember, Spelling
from martech_digital_onboarding.emulator.state import (
    Completion,
    DigitalOnboardingState,
    Journey,
    JourneyStart,
    Route,
)

__all__ = ["Upserting"]


class Upserting(DigitalOnboardingState):
    """One upsert, the same behind every way in which a contact can come."""

    def upsert(self, post: ContactPost, *, route: Route) -> tuple[Contact, bool]:
        """Create or update the contact that the post's key decides on; return it and whether it is new."""
        now = self.clock.now()
        contact = self.people.by_unique_id.get(post.key) if post.key else None
        created = contact is None
        if contact is None:
            # seed, "Unique IDs": without a key the platform invents one, so this is a create every time.
            contact = self.people.add(self.new_id(), post.key or self.new_id(), now)
        self.people.write(contact, post.members, now, meta_public=self.meta_public_update)
        for objective, completed_at in post.completions.items():
            self._complete(contact, objective, completed_at or now)
        self.note_ignored(contact.unique_id, post)
        if self.collect_webhooks and not created:
            self.webhooks.collect(contact.id)
        if post.template_id is not None:
            self._journey_of_contact(contact, post.template_id, route=route, spelling=post.spelling)
        return contact, created

    def note_ignored(self, unique_id: str | None, post: ContactPost) -> None:
        """Remember the members of a post that had no effect."""
        self.ignored_members += [IgnoredMember(unique_id, member, reason) for member, reason in post.ignored]

    def create_journey(
        self,
        contact: Contact,
        template_id: str,
        *,
        route: Route,
        spelling: Spelling | None = None,
        name: str | None = None,
        owner_id: str | None = None,
    ) -> Journey:
        """Create another journey for a contact, whatever it has already, and message it."""
        journey_id = self.new_id()
        slug = f"{_slug(contact.members.get('name_first') or 'hello')}-{self.random.getrandbits(48):012x}"
        journey = Journey(
            id=journey_id,
            slug=slug,
            web_client_url=f"{HUB_URL}/{slug}",
            template_id=template_id,
            contact_id=contact.id,
            name=name or self.templates[template_id],
            owner_id=owner_id,
        )
        self.journeys[journey.id] = self.latest_journey[contact.id, template_id] = journey
        self._start(journey, contact, route=route, spelling=spelling, created=True)
        return journey

    def pages(self) -> list[dict[str, Any]]:
        """Return what anybody who inspects a journey's page reads: `meta_public`, whole (seed, "Contacts")."""
        people = self.people.by_id
        return [
            {"web_client_url": one.web_client_url, "meta_public": people[one.contact_id].members["meta_public"]}
            for one in self.journeys.values()
        ]

    def _journey_of_contact(
        self, contact: Contact, template_id: str, *, route: Route, spelling: Spelling | None
    ) -> None:
        # seed, "Contacts": the member creates *or updates* a journey, at once.
        journey = self.latest_journey.get((contact.id, template_id))
        if journey is None:
            self.create_journey(contact, template_id, route=route, spelling=spelling)
        else:
            self._start(journey, contact, route=route, spelling=spelling, created=False)

    def _start(
        self, journey: Journey, contact: Contact, *, route: Route, spelling: Spelling | None, created: bool
    ) -> None:
        messaged = created or self.journey_update_sends
        channel = self._message(journey, contact) if messaged else None
        start = JourneyStart(
            journey_id=journey.id,
            template_id=journey.template_id,
            unique_id=contact.unique_id,
            route=route,
            spelling=spelling,
            created=created,
            channel=channel,
            at=self.clock.now(),
        )
        self.journey_starts.append(start)

    def _message(self, journey: Journey, contact: Contact) -> str | None:
        channel, recipient = ("email", contact.email) if contact.email else ("sms", contact.phone_mobile)
        if recipient is None or not contact.contactable(channel):
            return None
        key = f"{journey.template_id}/{contact.unique_id}"
        self.send(channel, recipient, f"journey {journey.template_id}", key=key, journey_id=journey.id)
        return channel

    def _complete(self, contact: Contact, objective: str, completed_at: datetime) -> None:
        counted = objective not in contact.completed
        if counted:
            contact.completed[objective] = completed_at
        self.completions.append(Completion(contact.unique_id, objective, contact.completed[objective], counted))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "hello"
