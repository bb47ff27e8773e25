"""Forms, which v2 calls surveys, and what people answered (section 27)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import date_part, number_part, v2_flag
from martech_dotdigital.emulator.conventions.times import stamp
from martech_dotdigital.emulator.core import Core

__all__ = ["Form", "FormOperations", "FormResponse"]

MOST_FORMS = 500
ONE = "/v2/surveys/{id}"


@dataclass(frozen=True, slots=True)
class FormResponse:
    """What one person answered."""

    id: int
    email: str
    started: datetime
    completed: datetime | None
    answers: dict[int, Any]

    @property
    def last(self) -> datetime:
        """When anything happened to it last."""
        return self.completed or self.started

    def shape(self) -> dict[str, Any]:
        """Return it as printed."""
        return {
            "id": self.id,
            "email": self.email,
            "started": True,
            "dateStarted": stamp(self.started),
            "complete": self.completed is not None,
            "dateCompleted": stamp(self.completed) if self.completed else None,
            "givenAnswers": [
                {"fieldId": number, "subFieldId": None, "value": value} for number, value in self.answers.items()
            ],
        }


@dataclass(slots=True)
class Form:
    """One form, made in the app."""

    id: int
    name: str
    url: str
    created: datetime
    list_id: int | None = None
    fields: list[dict[str, Any]] = field(default_factory=list)
    responses: list[FormResponse] = field(default_factory=list)

    def shape(self, now: datetime) -> dict[str, Any]:
        """Return it as printed: exactly 38 keys."""
        complete = [one for one in self.responses if one.completed is not None]
        seconds = [(one.last - one.started).total_seconds() for one in complete] or [0.0]
        days = [now - one.last for one in complete]
        return {
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "dateSurveyCreated": stamp(self.created),
            "dateSurveyModified": stamp(self.created),
            "state": "Active",
            "firstActiveDate": stamp(self.created),
            "lastInactiveDate": None,
            "scheduledStartDate": None,
            "scheduledEndDate": None,
            "confirmationMode": "Text",
            "submissionMode": "Multiple",
            "fieldCount": len(self.fields),
            "notifyCreatorOnResponse": False,
            "respondentNotificationType": "None",
            "respondentNotificationCampaignId": None,
            "isAssignedToAddressBook": self.list_id is not None,
            "assignedAddressBookTarget": "SpecificAddressBook" if self.list_id else "AllContacts",
            "assignedSpecificAddressBookId": self.list_id,
            "firstResponseDate": stamp(min(one.last for one in self.responses)) if self.responses else None,
            "lastResponseDate": stamp(max(one.last for one in self.responses)) if self.responses else None,
            "totalCompleteResponses": len(complete),
            "totalCompleteResponsesInLastDay": sum(age <= timedelta(days=1) for age in days),
            "totalCompleteResponsesInLastWeek": sum(age <= timedelta(days=7) for age in days),
            "totalIncompleteResponses": len(self.responses) - len(complete),
            "totalViews": len(self.responses),
            "totalBounces": 0,
            "timeToCompleteMax": int(max(seconds)),
            "timeToCompleteMin": int(min(seconds)),
            "timeToCompleteTotal": int(sum(seconds)),
            "sourceDirectTotal": len(self.responses),
            "sourceEmailTotal": 0,
            "sourceEmbeddedTotal": 0,
            "sourcePopoverTotal": 0,
            "sourceFacebookTotal": 0,
            "sourceTwitterTotal": 0,
            "sourceGooglePlusTotal": 0,
            "sourceOtherTotal": 0,
        }


class FormOperations(Core):
    """Reads only: forms are made in the app and answered on the web."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.forms: dict[int, Form] = {}

    @operation("GET", "/v2/surveys")
    def list_forms(self, incoming: Incoming) -> Response:
        """List the forms, as an array (section 34 row 18)."""
        return self._forms(incoming, list(self.forms.values()))

    @operation("GET", "/v2/surveys/with-activity-since/{date}")
    def list_forms_with_activity(self, incoming: Incoming) -> Response:
        """List the forms that anybody answered since a date."""
        since = date_part(incoming)
        found = [form for form in self.forms.values() if any(one.last >= since for one in form.responses)]
        return self._forms(incoming, found)

    @operation("GET", ONE)
    def get_form(self, incoming: Incoming) -> Response:
        """Return one form."""
        return answer(200, self._form(incoming).shape(self.now()))

    @operation("GET", ONE + "/fields")
    def list_form_fields(self, incoming: Incoming) -> Response:
        """Return the pages of a form with their fields."""
        form = self._form(incoming)
        return answer(200, [{"id": 1, "name": None, "fields": form.fields}])

    @operation("GET", ONE + "/responses")
    def list_form_responses(self, incoming: Incoming) -> Response:
        """List what people answered."""
        return self._responses(incoming, self._form(incoming).responses)

    @operation("GET", ONE + "/responses/with-activity-since/{date}")
    def list_form_responses_since(self, incoming: Incoming) -> Response:
        """List what people answered since a date."""
        since = date_part(incoming)
        return self._responses(incoming, [one for one in self._form(incoming).responses if one.last >= since])

    def add_form(self, name: str, *questions: str, list_id: int | None = None) -> Form:
        """Make a form that asks for an address and some more."""
        number = self.next_number("form")
        made = Form(number, name, f"https://pages.example.org/{number}", self.now(), list_id)
        for question in ("Email address", *questions):
            made.fields.append(_field(len(made.fields) + 1, question))
        self.forms[number] = made
        return made

    def respond(self, form: Form, email: str, *answers: Any, seconds: float | None = 60) -> FormResponse:
        """Let somebody answer a form, in so many seconds, or begin to and stop."""
        now = self.now()
        started = now if seconds is None else now - timedelta(seconds=seconds)
        given = dict(enumerate((email, *answers), start=1))
        made = FormResponse(len(form.responses) + 1, email, started, None if seconds is None else now, given)
        form.responses.append(made)
        return made

    def _forms(self, incoming: Incoming, found: Sequence[Form]) -> Response:
        if v2_flag(incoming, "assignedToAddressBookOnly"):
            found = [form for form in found if form.list_id is not None]
        window = offset_window(incoming, found, default=MOST_FORMS, most=MOST_FORMS)
        return answer(200, [form.shape(self.now()) for form in window])

    def _responses(self, incoming: Incoming, found: Sequence[FormResponse]) -> Response:
        return answer(200, [response.shape() for response in offset_window(incoming, found)])

    def _form(self, incoming: Incoming) -> Form:
        missing = v2_refusal(404, "ERROR_SURVEY_NOT_FOUND")
        form = self.forms.get(number_part(incoming, "id", missing))
        if form is None:
            raise missing
        return form


def _field(number: int, text: str) -> dict[str, Any]:
    is_email = number == 1
    return {
        "id": number,
        "type": "email" if is_email else "text",
        "text": text,
        "isRequired": is_email,
        "defaultValue": None,
        "mode": "singleline",
        "choices": [],
        "subFields": [],
        "hasOtherOption": False,
        "otherOptionChoiceId": 0,
        "otherOptionSubFieldId": 0,
        "otherOptionTextFieldId": 0,
        "isAssignedToContactDataField": is_email,
        "assignedContactDataFieldName": "Email" if is_email else None,
        "assignedContactDataExistsAction": "OverwriteData",
    }
