"""One person across journal and accounts: why they are as they are, what is held of them, and erasing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from martech.errors import MartechError, NotFound
from martech.migration.journal import Journal, Row, moment
from martech.models import Contact, Identifier, IdentifierKind, Subscription

if TYPE_CHECKING:
    from martech.client import Client

__all__ = ["erase", "export", "why"]

WORDS: Mapping[str, str] = {
    "say_no": "the source says no: written with the person",
    "carry": "subscribed at the source, and nothing was said at the target: carried",
    "quiet": "no yes at the source: somebody new is made with a no",
    "stand": "what the target knew was left as it was",
    "lift": "the target's opt-out gave way to later evidence",
}


def why(journal: Journal, ref: Identifier, accounts: Sequence[Client] = ()) -> Mapping[str, Any]:
    """Return how a person stands in each account now, and what each run did about them and by which rule.

    An account is asked by any name that the journal or another account knows them by; one request or a few each.
    """
    person = _Known(journal, ref)
    erased = bool(journal.erased([journal.seal.name(ref)]))
    now = [
        {"account": client.provider, "states": None if found is None else _states(found), "reason": reason}
        for client, (found, reason) in zip(accounts, person.found(accounts), strict=True)
    ]
    return {"erased": erased, "accounts": now, "runs": [_told(run, row) for run, row in person.rows]}


def _told(run: Mapping[str, Any], row: Row) -> Mapping[str, Any]:
    began = moment(run["began_at"])
    return {
        "run": run["run"], "from": run["source"], "to": run["target"], "at": row.written_at or began,
        "class": row.settled, "outcome": row.outcome, "reason": row.reason, "losses": list(row.losses),
        "states at the source": _states(row.contact), "states at the target before": _states(row.before),
        "rules": {channel: WORDS[str(word)] for channel, word in row.verdicts.items() if str(word) in WORDS},
    }  # fmt: skip


def _states(contact: Contact | None) -> Mapping[str, str]:
    """Return each state with the vendor's word for it, and since when and why, as far as the vendor says."""
    if contact is None:
        return {}
    return {
        one.channel.value + (f" {one.topic}" if one.topic else ""): _state(one) for one in contact.subscriptions
    }


def _state(one: Subscription) -> str:
    word = f" ({one.vendor_word})" if one.vendor_word else ""
    since = f" since {one.changed_at:%Y-%m-%d %H:%M}" if one.changed_at else ""
    why = f", {one.reason.value.replace('_', ' ')}" if one.reason and one.reason.value != one.status.value else ""
    return f"{one.status.value}{word}{since}{why}"


def export(journal: Journal, ref: Identifier, accounts: Sequence[Client] = ()) -> Mapping[str, Any]:
    """Return everything that the accounts and the journal hold of a person, by whichever name they know them."""
    person = _Known(journal, ref)
    held = [
        {
            "account": client.provider, "reason": reason,
            "contact": None if found is None else found.model_dump(mode="json", exclude_unset=True),
        }
        for client, (found, reason) in zip(accounts, person.found(accounts), strict=True)
    ]  # fmt: skip
    kept = [
        {"run": run["run"], **{
            name: one.model_dump(mode="json", exclude_unset=True)
            for name, one in (("read", row.contact), ("written", row.said), ("before", row.before))
            if one is not None
        }}
        for run, row in person.rows
    ]  # fmt: skip
    return {"accounts": held, "journal": kept}


def erase(
    journal: Journal, ref: Identifier, accounts: Sequence[Client] = (), *, now: datetime | None = None
) -> Mapping[str, Any]:
    """Remove a person from the accounts and the journal, and leave tombstones under all their names.

    No later import brings back whom a tombstone names. The tombstones come first: whoever dies here has them.
    Accounts that cannot remove anybody are told of; that is then to be done there by hand.
    """
    person = _Known(journal, ref)
    person.found(accounts)
    known = list(person.names.values())
    seal = journal.seal
    forgotten = journal.bury([seal.name(one) for one in known], now or datetime.now(UTC))
    done = [{"account": client.provider, **_removed(client, person)} for client in accounts]
    return {"names": len(known), "rows of the journal": forgotten, "accounts": done}


class _Known:
    """A person by every name that somebody knows them by."""

    def __init__(self, journal: Journal, ref: Identifier) -> None:
        self._ref = ref
        self.names = {ref.key: ref}
        self.rows = journal.find(journal.seal.name(ref))
        """What each run knows of them, the latest first."""
        for _, row in self.rows:
            for contact in (row.contact, row.said, row.before):
                self._learn(contact)

    def found(self, accounts: Sequence[Client]) -> list[tuple[Contact | None, str | None]]:
        """Return the person as each account has them, or why it shows nobody.

        What one account calls them is what another may find them by, so whoever showed nobody is asked again as
        long as there are new names.
        """
        told: list[tuple[Contact | None, str | None]] = [(None, None) for _ in accounts]
        asked = 0
        while asked < len(self.names):
            names, asked = list(self.names.values())[asked:], len(self.names)
            for place, client in enumerate(accounts):
                if told[place][0] is None:
                    told[place] = self._asked(client, names, told[place][1])
        return told

    def _asked(
        self, client: Client, names: Sequence[Identifier], reason: str | None
    ) -> tuple[Contact | None, str | None]:
        for one in names:
            no = client.why_not("contacts.get", ref=one)
            if no is not None:
                reason = reason or no
            elif (found := client.contacts.find(one)) is None:
                reason = reason or "not there"
            elif self._may_be_another(found, one):
                reason = _another(one)
            else:
                self._learn(found)
                return found, None
        return None, reason

    def is_anothers(self, client: Client, name: Identifier) -> bool:
        """Return whether a name that nobody asked for may be somebody else's there. One request, or none."""
        if name.key == self._ref.key or client.why_not("contacts.get", ref=name) is not None:
            return False
        found = client.contacts.find(name)
        return found is not None and self._may_be_another(found, name)

    def _may_be_another(self, found: Contact, by: Identifier) -> bool:
        """Return whether whoever was found by a name that nobody asked for may be somebody else.

        Numbers are shared, and the same id is another person's elsewhere: with an e-mail address that nobody knows
        them by, it is not for us to say who that is.
        """
        mine = {key for key, one in self.names.items() if one.kind is IdentifierKind.EMAIL}
        theirs = {one.key for one in found.identifiers() if one.kind is IdentifierKind.EMAIL}
        return by.key != self._ref.key and bool(mine) and bool(theirs) and not mine & theirs

    def _learn(self, contact: Contact | None) -> None:
        for one in contact.identifiers() if contact is not None else ():
            if one.kind is not IdentifierKind.VENDOR:
                self.names.setdefault(one.key, one)


def _removed(client: Client, person: _Known) -> Mapping[str, Any]:
    reason: str | None = None
    removed = False
    for one in person.names.values():
        no = client.why_not("contacts.delete", ref=one)
        if no is not None:
            reason = reason or no
            continue
        try:
            if person.is_anothers(client, one):
                reason = _another(one)
                continue
            client.contacts.delete(one)
            removed = True
        except NotFound:
            reason = reason or "not there"
        except MartechError as refused:
            reason = refused.message
    return {"removed": removed, "reason": None if removed else reason}


def _another(by: Identifier) -> str:
    return f"somebody with another e-mail address is there by their {by.kind} name: if that is them, ask by it"
