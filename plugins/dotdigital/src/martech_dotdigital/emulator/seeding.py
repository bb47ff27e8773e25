"""People who have been there all along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from martech_dotdigital.emulator.assumed import EXTERNAL_ID
from martech_dotdigital.emulator.contacts.account import AccountOperations
from martech_dotdigital.emulator.contacts.people import Contact

__all__ = ["Seeding"]

DATA_FIELDS = {"first_name": "FIRSTNAME", "last_name": "LASTNAME"}


class Seeding(AccountOperations):
    """Takes in people quietly: nobody is told, nobody is written to."""

    def seed_people(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Put people in and return how many; a row without address and phone is nobody the vendor could keep."""
        with self._lock:
            self.settle()
            if EXTERNAL_ID not in self.custom_identifiers:
                self.add_custom_identifier(EXTERNAL_ID)
            count = sum(self._seed(row) for row in rows)
            for segment in self.segments.values():
                self.refresh_segment(segment)
        return count

    def _seed(self, row: Mapping[str, str]) -> bool:
        email = self.people.kept("email", row.get("email"))
        mobile = self.people.kept("mobileNumber", row.get("phone"))
        key = row.get("key")
        contact = self._seeded(email, mobile, key)
        if contact is None and email is None and mobile is None:
            return False
        new = contact is None
        contact = contact or self.people.add(self.now())
        for name, value in (("email", email), ("mobileNumber", mobile), (EXTERNAL_ID, key)):
            if value:
                self.people.identify(contact, name, value)
        for column, field in DATA_FIELDS.items():
            if value := row.get(column):
                contact.data[field] = value
        # Somebody seeded twice keeps a no that the second row does not mention.
        if email is not None and (status := _status(row, "unsubscribed_email", new=new)):
            contact.email_status = status
            if status == "unsubscribed":
                self.suppressions.touch(contact.id, self.now())
            else:
                self.suppressions.forget(contact.id)
        if mobile is not None and (status := _status(row, "unsubscribed_sms", new=new)):
            contact.sms_status = status
        return True

    def _seeded(self, email: str | None, mobile: str | None, key: str | None) -> Contact | None:
        for name, value in ((EXTERNAL_ID, key), ("email", email), ("mobileNumber", mobile)):
            if value and (found := self.people.find(name, value)) is not None:
                return found
        return None


def _status(row: Mapping[str, str], column: str, *, new: bool) -> str | None:
    said = str(row.get(column) or "").lower()
    if said == "true":
        return "unsubscribed"
    return "subscribed" if new or said else None
