"""`POST /v1/contacts`: one contact or a batch of them, told apart by shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from martech.emulation import Incoming, Response, reply, route
from martech_digital_onboarding.emulator.answers import Refused, refusal, unprocessable
from martech_digital_onboarding.emulator.assumptions import BAD_REQUEST, INVALID, TOO_LARGE
from martech_digital_onboarding.emulator.people import Contact
from martech_digital_onboarding.emulator.posts import ContactPost, IgnoredMember
from martech_digital_onboarding.emulator.shapes import is_array, posted_object
from martech_digital_onboarding.emulator.upserting import Upserting

__all__ = ["ContactRoutes"]


class ContactRoutes(Upserting):
    """Creating and updating contacts (seed, "Create or Update" and "Create or Update a Batch")."""

    @route("POST", "/v1/contacts")
    def create_or_update(self, incoming: Incoming) -> Response:
        """Create or update what the body holds: a contact, or a batch if there is a member `contacts`."""
        body = posted_object(incoming)
        if body is None:
            return refusal(400, BAD_REQUEST)
        try:
            if "contacts" in body:
                return self._batch(body)
            contact, _ = self.upsert(self.contact_reader().read(body), route="contacts")
        except Refused as refused:
            return unprocessable(refused, self.validation_errors)
        return reply(self.success_status, self.shown(contact))

    def shown(self, contact: Contact) -> dict[str, Any]:
        """Return a contact as every answer shows it."""
        return contact.as_json(
            omit_unset=self.omit_unset_members, flags=self.flags_shown, observed=self.undocumented_members
        )

    def _batch(self, body: dict[str, Any]) -> Response:
        records: object = body["contacts"]
        if not is_array(records):
            raise Refused({"contacts": [INVALID]})
        if self.max_batch_contacts is not None and len(records) > self.max_batch_contacts:
            return refusal(413, TOO_LARGE)
        self.ignored_members += [IgnoredMember(None, other, "unknown") for other in body if other != "contacts"]
        new: list[dict[str, Any]] = []
        existing: list[dict[str, Any]] = []
        for position, post in enumerate(self._posts(records), start=1):
            absent = self._absent(position, post)
            if absent and not self.absent_are_stored:
                continue
            contact, created = self.upsert(post, route="contacts")
            if not absent:
                (new if created else existing).append(self.shown(contact))
        if self.shuffle_batch_answers:
            self.random.shuffle(new)
            self.random.shuffle(existing)
        return reply(self.success_status, {"new_contacts": new, "existing_contacts": existing})

    def _posts(self, records: Sequence[object]) -> Iterator[ContactPost]:
        """Read a batch: whole before anything is stored, or as it goes, past bad records or up to the first."""
        reader = self.contact_reader()
        if self.bad_records == "refuse_all":
            yield from [reader.read(record) for record in records]
            return
        for record in records:
            try:
                post = reader.read(record)
            except Refused:
                if self.bad_records == "stop":
                    raise
                continue
            yield post

    def _absent(self, position: int, post: ContactPost) -> bool:
        return post.key in self.absent_keys or (self.absent_every > 0 and position % self.absent_every == 0)
