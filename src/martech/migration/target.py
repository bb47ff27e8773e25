"""The account that people are moved to, as a run sees it: what it keeps, how one looks, how one writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from martech.flows.waiting import kept_per_input
from martech.migration.sources.accounts import LARGEST_PAGE
from martech.models import (
    FIELD_OF,
    Channel,
    Consent,
    Contact,
    Identifier,
    IfNew,
    Include,
    ItemResult,
    Job,
    SubscriptionStatus,
)
from martech.provider.operations import Saving
from martech.provider.outcomes import one_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martech.client import Client
    from martech.models import Page
    from martech.provider.contract import Provider

__all__ = ["Looking", "Polls", "Target", "differences", "same_value"]

LOOKS_AT_ONCE = 8
MOST_A_BATCH = 90_000
"""How many people one step writes at most, whatever the vendor takes."""


@dataclass(frozen=True, slots=True)
class Polls:
    """How long to wait before a job is asked for: first, and at the longest. In seconds."""

    first: float
    longest: float


class Looking(StrEnum):
    """How one can see whom the target has."""

    BY_LIST = "by_list"
    BY_KEY = "by_key"
    NOT = "not"


class Target:
    """The account written to.

    Args:
        client: The account; it may write.
        restore: Whether people may come back from its bin.
        looks_at_once: How many people are looked up at a time, where they are looked up one by one.
        most: How many people one step writes at most.
    """

    def __init__(
        self,
        client: Client,
        *,
        restore: bool = False,
        looks_at_once: int = LOOKS_AT_ONCE,
        most: int = MOST_A_BATCH,
    ) -> None:
        self.client = client
        self.provider: Provider = client._provider  # noqa: SLF001 - a migration goes by what a provider declares
        self.restore = restore
        self._looks_at_once = looks_at_once
        self.name = f"{self.provider.name}/{self.provider.account_key}"
        self.title = self.provider.title
        keeping = self.provider.keeping
        keeps = {Channel.EMAIL} if keeping is None else set(keeping.nos)
        self.channels: tuple[Channel, ...] = tuple(one for one in Channel if one in keeps)
        """The channels on which it keeps a no."""
        self.shows = None if keeping is None else keeping.shows
        self.keeps_evidence = keeping is not None and keeping.evidence is not None
        self._keeping = keeping
        self._how = Saving(if_new=IfNew.VENDOR_DEFAULT, restore=restore)
        contacts = self.provider.contacts
        self._can_import = client.why_not("contacts.start_import", how=self._how) is None
        batches = self.provider.contacts.batch_size
        self._batch = batches if self._can_batch() else 0
        imported = contacts.largest_import or contacts.import_size
        self.size = min(most, imported if self._can_import else max(batches, 100))
        """How many people one step writes."""
        self.jobs_at_once = contacts.imports_at_once
        """How many jobs may be under way."""
        self.polls = Polls(self.provider.jobs.poll_seconds, self.provider.jobs.slowest_poll_seconds)

    def let_pass(self, seconds: float) -> None:
        """Wait by the client's clock, which beside an emulator may run faster than the machine's.

        Raises:
            ClientClosed: The client was closed meanwhile.
        """
        self.client._blocking_engine.let_pass(seconds)  # noqa: SLF001 - the client's clock is the engine's

    def _can_batch(self) -> bool:
        from martech.provider.capabilities import operation

        return operation(self.provider, "contacts", "upsert_batch").refusal(how=self._how) is None

    def name_of(self, contact: Contact) -> Identifier | None:
        """Return by what a contact is written here, or None if by nothing."""
        return contact.identifier(*self.provider.contacts.written_by)

    @property
    def named_by(self) -> tuple[str, ...]:
        """The fields of a contact by one of which it is written here."""
        return tuple(FIELD_OF.get(kind, "custom_ids") for kind in self.provider.contacts.written_by)

    def can_keep(self, consent: Consent) -> bool:
        """Return whether evidence has all that a record of it needs here."""
        return self._keeping is not None and self._keeping.keeps(consent)

    def missing(self, wanted: Iterable[Consent], known: Iterable[Consent]) -> tuple[Consent, ...]:
        """Return which evidence it can keep and does not, each once."""
        missing: list[Consent] = []
        for one in wanted:
            if self.can_keep(one) and not any(_is_same(one, other) for other in (*known, *missing)):
                missing.append(one)
        return tuple(missing)

    @property
    def evidence_at_once(self) -> int:
        """How many records of evidence one write of a person may carry."""
        return self._keeping.evidence_at_once if self._keeping is not None else 0

    @property
    def keeps_topics(self) -> bool:
        """Whether it keeps a state for each topic."""
        return self._keeping is not None and self._keeping.topics

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def looking(self) -> Looking:
        """How one can see whom it has."""
        if self.client.why_not("contacts.list") is None:
            return Looking.BY_LIST
        ref = Identifier(self.provider.contacts.written_by[0], "-")
        return Looking.BY_KEY if self.client.why_not("contacts.get", ref=ref) is None else Looking.NOT

    def everybody(self, after: str | None) -> Iterator[Page[Contact]]:
        """Iterate over everybody it has, page by page."""
        pages = self.client.contacts.list(include=frozenset(Include), page_size=LARGEST_PAGE)
        return pages.pages(after=after)

    def look_up(self, refs: Sequence[Identifier]) -> list[Contact | None]:
        """Return each of these people, or None. One request each."""
        if self._looks_at_once <= 1 or len(refs) <= 1:
            return [self.client.contacts.find(ref) for ref in refs]
        with ThreadPoolExecutor(min(self._looks_at_once, len(refs))) as pool:
            return list(pool.map(self.client.contacts.find, refs))

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────

    def hands_over(self, count: int) -> bool:
        """Return whether that many people are best written as a job."""
        return self._can_import and count > self._batch

    def hand_over(self, contacts: Sequence[Contact]) -> Job:
        """Hand people over as a job. Whoever is new is made as the vendor does, with every no they come with."""
        return self.client.contacts.start_import(contacts, if_new=IfNew.VENDOR_DEFAULT, restore=self.restore)

    def write(self, contacts: Sequence[Contact]) -> Sequence[ItemResult]:
        """Write people; one result each."""
        done = self.client.contacts.upsert_many(contacts, if_new=IfNew.VENDOR_DEFAULT, restore=self.restore)
        return done.items

    def results(self, job: Job, count: int) -> Sequence[ItemResult]:
        """Return one result per person of a job that ended; those of whom the same is told share one."""
        known: dict[tuple[str, str | None, str | None], ItemResult] = {}

        def what_became(result: ItemResult) -> ItemResult:
            told = (result.outcome, result.reason, result.code)
            if told not in known:
                known[told] = ItemResult(outcome=result.outcome, reason=result.reason, code=result.code)
            return known[told]

        work = kept_per_input(self.provider, job, what_became)
        return one_each(self.client._runner.run(work, "jobs.results", may_wait=True), [None] * count)  # noqa: SLF001 - the verb keeps every result whole


def differences(said: Contact, known: Contact | None, *, shows: frozenset[str] | None = None) -> list[str]:
    """Return the names of what a write would change of somebody as the target has them.

    Attributes that the target does not show cannot be compared and are left out.
    """
    if known is None:
        return ["everything"]
    changed: list[str] = []
    for name in sorted(said.model_fields_set - {"attributes", "custom_ids", "subscriptions", "consents"}):
        mine, theirs = getattr(said, name), getattr(known, name)
        fold = name in ("email", "own_id")
        if not (_folded(mine) == _folded(theirs) if fold else (mine or None) == (theirs or None)):
            changed.append(name)
    for kind in ("attributes", "custom_ids"):
        theirs = {name.casefold(): value for name, value in getattr(known, kind).items()}
        for name, value in getattr(said, kind).items():
            if kind == "attributes" and shows is not None and name.casefold() not in shows:
                continue
            if not same_value(value, theirs.get(name.casefold())):
                changed.append(name)
    return changed + [
        f"{one.channel} no" if one.topic is None else f"topic {one.topic} no"
        for one in said.subscriptions
        if not _forbidden(known, one.channel, one.topic)
    ]


def _is_same(one: Consent, other: Consent) -> bool:
    """Return whether two records of evidence are one: the same words for the same channel at the same second."""
    return (
        one.channel is other.channel
        and one.text.strip() == other.text.strip()
        and int(one.given_at.timestamp()) == int(other.given_at.timestamp())
    )


def _folded(text: str | None) -> str | None:
    return text.casefold() if text else None


def _forbidden(known: Contact, channel: Channel, topic: str | None) -> bool:
    about = (one for one in known.subscriptions if one.topic == topic)
    return any(one.is_no and (one.channel is channel or topic is not None) for one in about)


def same_value(mine: object, theirs: object) -> bool:
    """Return whether two values are the same once a vendor has kept one in its own form: texts, days, numbers."""
    if mine == theirs or (mine in (None, "") and theirs in (None, "")):
        return True
    if mine is None or theirs is None:
        return False
    if isinstance(mine, bool) or isinstance(theirs, bool):
        return str(mine).casefold() == str(theirs).casefold()
    if isinstance(mine, (int, float)) or isinstance(theirs, (int, float)):
        try:
            return float(mine) == float(theirs)  # type: ignore[arg-type]  # whatever is no number raises
        except (TypeError, ValueError):
            return str(mine) == str(theirs)
    left, right = _instant(mine), _instant(theirs)
    return left is not None and left == right


def _instant(value: object) -> datetime | None:
    """Return what a day or a time stands for; None for what is neither."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None


def no_channels(contact: Contact) -> Mapping[Channel, SubscriptionStatus]:
    """Return the channels on which a contact may not be contacted, as a whole."""
    return {one.channel: one.status for one in contact.subscriptions if one.is_no and one.topic is None}
