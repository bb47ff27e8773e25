"""Contact scores and product recommendations (section 31)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.contacts.preferences import PreferenceOperations
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import date_part
from martech_dotdigital.emulator.conventions.times import stamp

__all__ = ["ScoringOperations"]

LABELS = ((75, "Hot"), (50, "Warm"), (20, "Cool"), (0, "Cold"))
"""From which score on a contact is called what. ASSUMED thresholds."""


class ScoringOperations(PreferenceOperations):
    """Scores are made up from the contact's id, so that they stay the same."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.recommendations: list[dict[str, Any]] = []

    @operation("GET", "/v2/contacts/score")
    def list_scores(self, incoming: Incoming) -> Response:
        """List the scores of all contacts with e-mail."""
        return self._scores(incoming, self.people.ids)

    @operation("GET", "/v2/contacts/score/modified-since/{date}")
    def list_scores_since(self, incoming: Incoming) -> Response:
        """List the scores that changed since a date."""
        return self._scores(incoming, self.people.changed_since(date_part(incoming)))

    @operation("GET", "/v2/contacts/{contactIdentifier}/score")
    def get_score(self, incoming: Incoming) -> Response:
        """Return one contact's score."""
        contact = self.v2_person(incoming.parts["contactIdentifier"])
        if contact is None:
            raise v2_refusal(404, "ERROR_CONTACT_NOT_FOUND")
        return answer(200, _score(contact))

    @operation("GET", "/v2/address-books/{addressBookId}/contacts/score")
    def list_scores_of_list(self, incoming: Incoming) -> Response:
        """List the scores of the contacts in a list."""
        return self._scores(incoming, self.members_of(self.list_named(incoming)))

    @operation("GET", "/v2/products/recommendations")
    def list_recommendations(self, _: Incoming) -> Response:
        """List the product recommendations."""
        return answer(200, self.recommendations)

    def add_recommendation(self, name: str, kind: str) -> None:
        """Make a product recommendation, as somebody would in the app."""
        now = stamp(self.now())
        made = {
            "id": self.next_number("recommendation"),
            "dateLastRefreshed": now,
            "dateModified": now,
            "dateLastUsed": now,
            "name": name,
            "type": kind,
            "status": "Ready",
            "fallbackRecommendationId": 0,
            "revenue": 0,
        }
        self.recommendations.append(made)

    def _scores(self, incoming: Incoming, numbers: Iterable[int]) -> Response:
        people = [contact for contact in self.people.some(numbers) if contact.email is not None]
        return answer(200, [_score(contact) for contact in offset_window(incoming, people)])


def _score(contact: Contact) -> dict[str, Any]:
    engagement, suitability = contact.id * 37 % 101, contact.id * 53 % 101
    score = (engagement + suitability) // 2
    return {
        "contactId": contact.id,
        "email": contact.email,
        "dateModified": stamp(contact.updated),
        "scoreLabel": next(label for least, label in LABELS if score >= least),
        "score": score,
        "engagement": engagement,
        "suitability": suitability,
    }
