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
    """Return how a person stands in each account now, and what each run did about them and by which rule."""
    runs = [_told(run, row) for run, row in journal.find(journal.seal.name(ref))]
    erased = bool(journal.erased([journal.seal.name(ref)]))
    return {"erased": erased, "accounts": [_now(client, ref) for client in accounts], "runs": runs}


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


def _now(client: Client, ref: Identifier) -> Mapping[str, Any]:
    told: dict[str, Any] = {"account": client.provider}
    no = client.why_not("contacts.get", ref=ref)
    if no is not None:
        return told | {"states": None, "reason": no}
    found = client.contacts.find(ref)
    return told | {
        "states": None if found is None else _states(found),
        "reason": "not there" if found is None else None,
    }


def export(journal: Journal, ref: Identifier, accounts: Sequence[Client] = ()) -> Mapping[str, Any]:
    """Return everything that the accounts and the journal hold of a person."""
    held: list[Mapping[str, Any]] = []
    for client in accounts:
        no = client.why_not("contacts.get", ref=ref)
        found = client.contacts.find(ref) if no is None else None
        held.append({
            "account": client.provider, "reason": no,
            "contact": None if found is None else found.model_dump(mode="json", exclude_unset=True),
        })  # fmt: skip
    kept = [
        {"run": run["run"], **{
            name: one.model_dump(mode="json", exclude_unset=True)
            for name, one in (("read", row.contact), ("written", row.said), ("before", row.before))
            if one is not None
        }}
        for run, row in journal.find(journal.seal.name(ref))
    ]  # fmt: skip
    return {"accounts": held, "journal": kept}


def erase(
    journal: Journal, ref: Identifier, accounts: Sequence[Client] = (), *, now: datetime | None = None
) -> Mapping[str, Any]:
    """Remove a person from the accounts and the journal, and leave tombstones under all their names.

    No later import brings back whom a tombstone names. The tombstones come first: whoever dies here has them.
    Accounts that cannot remove anybody are told of; that is then to be done there by hand.
    """
    known = _names(journal, ref, accounts)
    seal = journal.seal
    forgotten = journal.bury([seal.name(one) for one in known], now or datetime.now(UTC))
    done = [{"account": client.provider, **_removed(client, known)} for client in accounts]
    return {"names": len(known), "rows of the journal": forgotten, "accounts": done}


def _names(journal: Journal, ref: Identifier, accounts: Sequence[Client]) -> list[Identifier]:
    """Return everything by which a person is known anywhere."""
    found = {ref.key: ref}
    contacts = [
        one for _, row in journal.find(journal.seal.name(ref)) for one in (row.contact, row.said, row.before)
    ]
    readable = [client for client in accounts if client.why_not("contacts.get", ref=ref) is None]
    contacts += [client.contacts.find(ref) for client in readable]
    for contact in contacts:
        for one in contact.identifiers() if contact is not None else ():
            if one.kind is not IdentifierKind.VENDOR:
                found.setdefault(one.key, one)
    return list(found.values())


def _removed(client: Client, known: Sequence[Identifier]) -> Mapping[str, Any]:
    reason: str | None = None
    removed = False
    for one in known:
        no = client.why_not("contacts.delete", ref=one)
        if no is not None:
            reason = reason or no
            continue
        try:
            client.contacts.delete(one)
            removed = True
        except NotFound:
            reason = "not there"
        except MartechError as refused:
            reason = refused.message
    return {"removed": removed, "reason": None if removed else reason}
