"""Automation programs, and people put into them (section 22)."""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.contacts.lists import ListOperations
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.conventions.answers import answer, text_answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import number_part, v2_object
from martech_dotdigital.emulator.conventions.timeline import Job, JobKind, JobWords
from martech_dotdigital.emulator.conventions.times import stamp

__all__ = ["Program", "ProgramOperations"]

ENROLMENT_WORDS = JobWords("Processing", "Processing", "Finished")
MOST_CONTACTS = 25
MOST_LISTS = 10
INVALID = "ERROR_ENROLMENT_INVALID"
STATUSES = ("NotAvailableInThisVersion", "Processing", "Finished")


@dataclass(slots=True)
class Program:
    """A journey made in the app. It may send one e-mail to whoever enters it."""

    id: int
    name: str
    status: str
    created: datetime
    sends: bool = True
    inside: set[int] = field(default_factory=set)

    def shape(self) -> dict[str, Any]:
        """Return it as printed: exactly four keys."""
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "dateCreated": stamp(self.created),
        }


@dataclass(slots=True)
class Enrolment:
    """Some people on their way into a program."""

    id: str
    program: Program
    created: datetime
    contacts: list[int]
    lists: list[int]
    job: Job | None = None
    faults: list[tuple[Contact, str]] = field(default_factory=list)

    @property
    def status(self) -> str:
        """How far it is."""
        return self.job.status if self.job else ENROLMENT_WORDS.waiting

    def shape(self) -> dict[str, Any]:
        """Return it as printed: exactly six keys, and arrays even where the vendor's sample has null."""
        return {
            "id": self.id,
            "programId": self.program.id,
            "status": self.status,
            "dateCreated": stamp(self.created),
            "contacts": self.contacts,
            "addressBooks": self.lists,
        }


class ProgramOperations(ListOperations):
    """Programs are read; people are enrolled, twenty calls an hour."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.programs: dict[int, Program] = {}
        self.enrolments: dict[str, Enrolment] = {}
        self._enrolled_at: deque[datetime] = deque()

    @operation("GET", "/v2/programs")
    def list_programs(self, incoming: Incoming) -> Response:
        """List the programs."""
        self._need_programs()
        window = offset_window(incoming, list(self.programs.values()))
        return answer(200, [program.shape() for program in window])

    @operation("GET", "/v2/programs/{id}")
    def get_program(self, incoming: Incoming) -> Response:
        """Return one program."""
        self._need_programs()
        missing = v2_refusal(404, "ERROR_PROGRAM_NOT_FOUND")
        program = self.programs.get(number_part(incoming, "id", missing))
        if program is None:
            raise missing
        return answer(200, program.shape())

    @operation("POST", "/v2/programs/enrolments")
    def create_enrolment(self, incoming: Incoming) -> Response:
        """Put contacts, or everybody in some lists, into an active program."""
        self._need_programs()
        body = v2_object(incoming, code=INVALID)
        program = self.programs.get(body.integer("programId") or 0)
        if program is None:
            raise v2_refusal(404, "ERROR_PROGRAM_NOT_FOUND")
        if program.status != "Active":
            raise v2_refusal(422, "ERROR_PROGRAM_NOT_ACTIVE")
        contacts, lists = body.integers("contacts"), body.integers("addressBooks")
        self._check_enrolled(contacts, lists)
        self._allow_one_more()
        enrolment = Enrolment(self.new_id(), program, self.now(), contacts, lists)
        self.enrolments[enrolment.id] = enrolment
        shown = enrolment.shape()
        enrolment.job = self.start_job(
            JobKind.ENROLMENT, ENROLMENT_WORDS, lambda: self._enrol(enrolment), key=enrolment.id
        )
        return answer(201, shown)

    @operation("GET", "/v2/programs/enrolments/{idOrStatus}", tier=Tier.POLL)
    def get_enrolment_or_list(self, incoming: Incoming) -> Response:
        """Return one enrolment by its id, or list those of a status: both stand in the same place of the path."""
        self._need_programs()
        asked = incoming.parts["idOrStatus"]
        status = next((word for word in STATUSES if word.lower() == asked.lower()), None)
        if status is None:
            return answer(200, self._enrolment(asked).shape())
        found = [enrolment for enrolment in self.enrolments.values() if enrolment.status == status]
        return answer(200, [enrolment.shape() for enrolment in offset_window(incoming, found)])

    @operation("GET", "/v2/programs/enrolments/{id}/report-faults", tier=Tier.POLL)
    def get_enrolment_faults(self, incoming: Incoming) -> Response:
        """Return who could not be enrolled, as CSV, once the enrolment is finished."""
        self._need_programs()
        enrolment = self._enrolment(incoming.parts["id"])
        if enrolment.status == ENROLMENT_WORDS.waiting:
            raise v2_refusal(400, "ERROR_ENROLMENT_IS_PROCESSING")
        out = StringIO()
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(("Id", "Email", "TelephoneNumber", "Reason"))
        for contact, reason in enrolment.faults:
            lines.writerow((contact.id, contact.email or "", contact.mobile or "", reason))
        return text_answer(out.getvalue(), content_type="text/csv")

    def add_program(self, name: str, status: str, *, sends: bool = True) -> Program:
        """Make a program, as somebody would in the app."""
        made = Program(self.next_number("program"), name, status, self.now(), sends)
        self.programs[made.id] = made
        return made

    def _need_programs(self) -> None:
        if not self.programs_permitted:
            raise v2_refusal(403, "ERROR_FEATURENOTACTIVE")

    def _enrolment(self, enrolment_id: str) -> Enrolment:
        found = self.enrolments.get(enrolment_id.lower())
        if found is None:
            raise v2_refusal(404, "ERROR_ENROLMENT_NOT_FOUND")
        return found

    def _check_enrolled(self, contacts: list[int], lists: list[int]) -> None:
        if not contacts and not lists:
            raise v2_refusal(400, INVALID)
        if len(contacts) > MOST_CONTACTS:
            raise v2_refusal(400, INVALID)
        if len(lists) > MOST_LISTS:
            raise v2_refusal(400, "ERROR_ADDRESSBOOK_TOOMANY")
        if any(number not in self.lists for number in lists):
            raise v2_refusal(400, "ERROR_ADDRESSBOOK_NOT_FOUND")
        if any(number not in self.people.by_id for number in contacts):
            raise v2_refusal(400, "ERROR_CONTACT_NOT_FOUND")

    def _allow_one_more(self) -> None:
        hour_ago = self.now() - timedelta(hours=1)
        while self._enrolled_at and self._enrolled_at[0] <= hour_ago:
            self._enrolled_at.popleft()
        if len(self._enrolled_at) >= self.enrolments_per_hour:
            # The vendor's own message ends in a blank.
            raise v2_refusal(400, "ERROR_ENROLMENT_ALLOWANCE_EXCEEDED ")
        self._enrolled_at.append(self.now())

    def _enrol(self, enrolment: Enrolment) -> None:
        program = enrolment.program
        numbers = dict.fromkeys(enrolment.contacts)
        for number in enrolment.lists:
            if (one := self.lists.get(number)) is not None:
                numbers |= dict.fromkeys(self.members_of(one))
        for contact in self.people.some(numbers):
            if contact.id in program.inside:
                enrolment.faults.append((contact, "AlreadyInProgram"))
            elif not contact.may_receive("email") and not contact.may_receive("sms"):
                enrolment.faults.append((contact, "Unsubscribed"))
            else:
                program.inside.add(contact.id)
                if program.sends and contact.may_receive("email"):
                    self.send("email", contact.email or "", f"program {program.id}", key=enrolment.id)
