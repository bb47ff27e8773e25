"""What Digital Onboarding has and no other vendor means: `client.native`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from martech.models import BulkResult, Contact, Enrolment, EnrolmentResult, Identifier, IfNew, ItemResult
from martech.provider import M, NewId, Resource, flow, operation
from martech_digital_onboarding import assumed, bulk, contacts, files, journeys, objectives
from martech_digital_onboarding.journeys import Person
from martech_digital_onboarding.objectives import Completion, Objective
from martech_digital_onboarding.public import Exposure, exposures
from martech_digital_onboarding.settings import DigitalOnboardingSettings

if TYPE_CHECKING:
    from martech_digital_onboarding.provider import DigitalOnboarding


class Native(Resource[M]):
    """Digital Onboarding's own: objectives, journeys one by one and in bulk, the single upsert, files."""

    row = "native"

    @property
    def _settings(self) -> DigitalOnboardingSettings:
        return cast("DigitalOnboardingSettings", self._provider.settings)

    def _look(self, people: Iterable[Person]) -> None:
        """Point out what is about to become public and looks private."""
        for one in people:
            if isinstance(one, Contact):
                cast("DigitalOnboarding", self._provider).eye.look(one)

    @operation
    async def objectives(self) -> Sequence[Objective]:
        """Return every objective of the team, the platform's included. One request."""
        return await objectives.listed()

    @operation
    @assumed.rests_on(assumed.COMPLETIONS, assumed.KEY_CASE)
    async def complete_objective(
        self,
        contact: Identifier,
        objective: str,
        *,
        at: datetime | str | None = None,
        known: Collection[Objective] | None = None,
    ) -> ItemResult:
        """Say that a contact completed an objective. One request, and one more unless the objectives are `known`.

        A key that nobody has is `NOT_FOUND`, and an empty contact now: the vendor makes whom it does not know.

        Args:
            contact: Who did, by the account's own kind of key.
            objective: The objective's key.
            at: When: an aware time, an ISO 8601 text with its offset, a word such as `done`; None is now.
            known: What `objectives` gave before, so that it is not asked again.

        Raises:
            InvalidRequest: There is no such objective, or the time cannot be said.
        """
        done = Completion(contact, objective, at)
        return await objectives.complete(done, self._settings, known=known)

    @flow
    @assumed.rests_on(assumed.COMPLETIONS, assumed.BATCHES, assumed.KEY_CASE)
    async def complete_objectives(
        self, completions: Iterable[Completion], *, known: Collection[Objective] | None = None
    ) -> BulkResult:
        """Say that contacts completed objectives; one result per completion. Requests as for a batch."""
        return await objectives.complete_each(completions, self._settings, known=known)

    @operation
    @assumed.rests_on(assumed.UPDATES, assumed.KEY_CASE)
    async def save(self, contact: Contact, *, if_new: IfNew) -> Contact:
        """Make or change one contact and return it as the vendor now has it, its id included. One request.

        The one way to see what the vendor has of somebody. It does not tell who is new, as `contacts.upsert` does,
        so `if_new` can only be `VENDOR_DEFAULT`, under which somebody new may be contacted.
        """
        self._look([contact])
        return await contacts.saved(contact, self._settings, if_new=if_new)

    @operation
    @assumed.rests_on(assumed.JOURNEY_CONTACT, assumed.UPDATES, assumed.KEY_CASE)
    async def start_journey(
        self,
        template_id: str,
        person: Person,
        *,
        name: str | None = None,
        owner_id: str | None = None,
        key: str | None = None,
    ) -> EnrolmentResult:
        """Make a journey for one contact, who is made or changed on the way. One request; it is a send.

        Args:
            template_id: From which template.
            person: A contact with all that is to be written of it, or an identifier, which changes nothing.
            name: The journey's; the template's by default.
            owner_id: The user who is to own it.
            key: Names the send: under the same one nothing is sent twice.

        Raises:
            OutcomeUnknown: Nobody can tell whether the journey was made. It is not tried again.
        """
        given = {"name": name, "owner_id": owner_id}
        members = journeys.journey_members({one: value for one, value in given.items() if value is not None})
        self._look([person])
        row = journeys.row_of(person, self._settings)
        return await journeys.start(template_id, row, key=await NewId() if key is None else key, journey=members)

    @flow
    @assumed.rests_on(assumed.JOURNEY_MEMBER, assumed.BATCHES, assumed.UPDATES, assumed.KEY_CASE)
    async def enrol_in_bulk(
        self, template_id: str, people: Iterable[Person], *, key: str | None = None
    ) -> Enrolment:
        """Make or update a journey for each of many contacts, as many a request as a batch holds; each is a send.

        The answer tells of no journey: no ids, no links. Contacts given whole are made where they are
        new and **are messaged at once**; the result says who may be contacted now. One request more, for the
        templates.

        Args:
            template_id: From which template.
            people: Contacts with all that is to be written of them, or identifiers, which change nothing.
            key: Names the whole: under the same one, with the same people in the same order, nobody is enrolled
                twice. It stands for a hundred people at a time, who are sent together or not at all.

        Raises:
            NotFound: There is no such template; nothing was sent.
        """
        several = list(people)
        self._look(several)
        return await bulk.start_in_bulk(
            template_id, several, self._settings, key=await NewId() if key is None else key
        )

    def exposures(self, contact: Contact) -> Sequence[Exposure]:
        """Return which attributes of a contact would be readable by anyone and look private. No request."""
        return exposures(contact)

    @assumed.rests_on(assumed.CSV_COLUMNS)
    def csv_files(
        self,
        people: Iterable[Contact],
        *,
        now: datetime,
        completions: Iterable[Completion] = (),
        known: Collection[Objective] | None = None,
    ) -> tuple[str, ...]:
        """Return contacts as files for the vendor's SFTP import: one for each set of opt-outs. No request.

        See `files.csv_files`.
        """
        several = list(people)
        self._look(several)
        return files.csv_files(several, self._settings, now=now, completions=completions, known=known)
