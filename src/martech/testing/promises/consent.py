"""Promises about consent: nobody is moved towards being contacted."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from martech.errors import ConsentRefused, MartechError, NotFound
from martech.models import Channel, Consent, Contact, IfNew, Subscription, SubscriptionStatus
from martech.testing.faces import Drive
from martech.testing.promises.base import Kit, contactable

__all__ = ["ConsentPromises", "row"]


def saying(contact: Contact, status: SubscriptionStatus) -> Contact:
    """Return the contact saying something about e-mail."""
    said = Subscription(channel=Channel.EMAIL, status=status)
    return Contact(subscriptions=(said,)).over(contact)


def _written(client: Any, *, verb: str, contact: Contact, if_new: IfNew) -> Any:
    return getattr(client.contacts, verb)(contact, if_new=if_new)


class ConsentPromises(Kit):
    """The law of consent, against the vendor's own truth."""

    @pytest.mark.parametrize("verb", ["upsert", "upsert_many", "upsert_stream", "create"])
    def test_nobody_new_is_contactable_who_is_not_to_be(self, drive: Drive, verb: str) -> None:
        """With NOT_CONTACTABLE, no marketing reaches somebody new; a provider that cannot know refuses it."""
        new = IfNew.NOT_CONTACTABLE
        if not self.offers(drive, f"contacts.{verb}", if_new=new):
            return
        people = [self.person(number) for number in range(3)]
        if verb in ("upsert", "create"):
            for one in people:
                drive.call(partial(_written, verb=verb, contact=one, if_new=new))
        elif verb == "upsert_many":
            drive.call(lambda client: client.contacts.upsert_many(people, if_new=new))
        else:
            drive.all(lambda client: client.contacts.upsert_stream(people, if_new=new))
        assert [contactable(drive, drive.ref(one)) for one in people] == [False] * 3

    def test_who_is_created_contactable_is_said(self, drive: Drive) -> None:
        """With VENDOR_DEFAULT, the result of everybody new says whether they may be contacted, and it is true."""
        people = [self.person(number) for number in range(4)]
        people[2] = saying(people[2], SubscriptionStatus.UNSUBSCRIBED)
        done = drive.call(lambda client: client.contacts.upsert_many(people, if_new=IfNew.VENDOR_DEFAULT))
        truth = [contactable(drive, drive.ref(one)) for one in people]
        assert [result.contactable for result in done.items] == truth
        assert truth[2] is False

    @pytest.mark.parametrize("if_new", list(IfNew))
    def test_a_no_travels_with_the_person(self, drive: Drive, if_new: IfNew) -> None:
        """Somebody written with an opt-out is there and not contactable, new or known."""
        if not self.offers(drive, "contacts.upsert_many", if_new=if_new):
            return
        person = saying(self.person(1), SubscriptionStatus.UNSUBSCRIBED)
        drive.call(lambda client: client.contacts.upsert_many([person], if_new=if_new))
        assert contactable(drive, drive.ref(person)) is False
        known = self.person(2)
        drive.emulator.seed_people([row(known)])
        again = saying(known, SubscriptionStatus.UNSUBSCRIBED)
        drive.call(lambda client: client.contacts.upsert_many([again], if_new=if_new))
        assert contactable(drive, drive.ref(known)) is False

    @pytest.mark.parametrize("if_new", list(IfNew))
    @pytest.mark.parametrize("verb", ["upsert", "upsert_many"])
    @pytest.mark.parametrize("unsubscribed", [True, False])
    def test_an_upsert_changes_no_status_that_nobody_set(
        self, drive: Drive, *, verb: str, unsubscribed: bool, if_new: IfNew
    ) -> None:
        """Writing a name of somebody who is there changes neither their yes nor their no."""
        if not self.offers(drive, f"contacts.{verb}", if_new=if_new):
            return
        person = self.person(1)
        drive.emulator.seed_people([row(person, unsubscribed=unsubscribed)])
        before = contactable(drive, drive.ref(person))
        assert before is not unsubscribed
        writing = [person] if verb == "upsert_many" else person
        drive.call(lambda client: getattr(client.contacts, verb)(writing, if_new=if_new))
        assert contactable(drive, drive.ref(person)) is before

    def test_an_upsert_that_says_yes_is_refused(self, drive: Drive) -> None:
        """No write opts anybody in, and nothing is sent."""
        person = saying(self.person(1), SubscriptionStatus.SUBSCRIBED)
        with pytest.raises(ConsentRefused):
            self.upsert(drive, person)
        done = drive.call(lambda client: client.contacts.upsert_many([person], if_new=drive.if_new))
        assert not done.items[0].ok
        assert drive.emulator.ledger.total == 0

    def test_a_doubled_person_keeps_their_no(self, drive: Drive) -> None:
        """Of two rows about one person, the later does not take back the opt-out of the earlier."""
        rows = [saying(self.person(1), SubscriptionStatus.UNSUBSCRIBED), self.person(1)]
        drive.call(lambda client: client.contacts.upsert_many(rows, if_new=drive.if_new))
        assert contactable(drive, drive.ref(self.person(1))) is False

    def test_unsubscribe_reaches_the_person(self, drive: Drive) -> None:
        """Somebody who may be contacted and says no may not be contacted."""
        if not self.offers(drive, "consent.unsubscribe"):
            return
        person = self.person(1)
        drive.emulator.seed_people([row(person)])
        assert contactable(drive, drive.ref(person)) is True
        drive.call(lambda client: client.consent.unsubscribe(drive.ref(person), channel=Channel.EMAIL))
        assert contactable(drive, drive.ref(person)) is False

    def test_unsubscribe_of_nobody_says_so(self, drive: Drive) -> None:
        """A no for somebody unknown never passes for done, and makes nobody contactable."""
        if not self.offers(drive, "consent.unsubscribe"):
            return
        nobody = drive.ref(self.person(77))
        try:
            done = drive.call(lambda client: client.consent.unsubscribe(nobody, channel=Channel.EMAIL))
        except NotFound:
            assert contactable(drive, nobody) is None
        else:
            # A provider at which nothing can be read may learn only afterwards that it made somebody; it says so.
            assert not done.ok
            assert done.reason
            assert contactable(drive, nobody) is False

    def test_unsubscribing_twice_is_once(self, drive: Drive) -> None:
        """A no that is there already stays."""
        if not self.offers(drive, "consent.unsubscribe"):
            return
        person = self.person(1)
        drive.emulator.seed_people([row(person, unsubscribed=True)])
        drive.call(lambda client: client.consent.unsubscribe(drive.ref(person), channel=Channel.EMAIL))
        assert contactable(drive, drive.ref(person)) is False

    def test_a_yes_over_a_no_without_a_date_is_refused(self, drive: Drive) -> None:
        """Where the vendor knows of an opt-out and not of its time, evidence is not enough."""
        if not (drive.client.supports("consent.subscribe") and drive.client.supports("consent.status")):
            return
        person = self.person(1)
        drive.emulator.seed_people([row(person, unsubscribed=True)])
        known = drive.call(lambda client: client.consent.status(drive.ref(person)))
        dated = any(one.changed_at for one in known if one.channel is Channel.EMAIL)
        evidence = self._evidence(drive, days=-1)
        if not dated:
            with pytest.raises(ConsentRefused):
                drive.call(
                    lambda client: client.consent.subscribe(
                        drive.ref(person), channel=Channel.EMAIL, evidence=evidence
                    )
                )
        assert contactable(drive, drive.ref(person)) is False

    def test_evidence_older_than_the_opt_out_is_refused(self, drive: Drive) -> None:
        """Nobody is subscribed again on an agreement from before their no."""
        if not (drive.client.supports("consent.subscribe") and drive.client.supports("consent.status")):
            return
        person = self.person(1)
        drive.emulator.seed_people([row(person, unsubscribed=True)])
        with pytest.raises(ConsentRefused):
            drive.call(
                lambda client: client.consent.subscribe(
                    drive.ref(person),
                    channel=Channel.EMAIL,
                    evidence=self._evidence(drive, days=-30),
                    opted_out_at=drive.bench.clock.now() - timedelta(days=3),
                )
            )
        assert contactable(drive, drive.ref(person)) is False

    def test_suppressing_somebody_blocks_them_on_every_channel(self, drive: Drive) -> None:
        """Afterwards neither e-mail nor SMS reaches them."""
        if not self.offers(drive, "consent.suppress"):
            return
        person = self.person(1)
        drive.emulator.seed_people([row(person)])
        done = drive.call(lambda client: client.consent.suppress(drive.ref(person)))
        assert done.ok, done.reason
        assert contactable(drive, drive.ref(person)) is False
        assert contactable(drive, drive.ref(person), "sms") is not True

    def test_suppressing_nobody_makes_nobody(self, drive: Drive) -> None:
        """A block on somebody unknown does not pass for done."""
        if not self.offers(drive, "consent.suppress"):
            return
        nobody = drive.ref(self.person(78))
        try:
            done = drive.call(lambda client: client.consent.suppress(nobody))
        except MartechError:
            assert contactable(drive, nobody) is None
        else:
            assert not done.ok
            assert contactable(drive, nobody) is not True

    def _evidence(self, drive: Drive, *, days: int) -> Consent:
        return Consent(
            channel=Channel.EMAIL,
            given_at=drive.bench.clock.now() + timedelta(days=days),
            text="Yes, send me the newsletter.",
            source="https://example.org/form",
            ip_address="192.0.2.1",
            user_agent="kit",
        )


def row(contact: Contact, *, unsubscribed: bool = False) -> dict[str, str]:
    """Return a contact as a row an emulator is seeded with."""
    said = str(unsubscribed).lower()
    return {
        "key": contact.own_id or "",
        "email": contact.email or "",
        "phone": (contact.mobile or "").removeprefix("+"),
        "first_name": contact.first_name or "",
        "last_name": contact.last_name or "",
        "unsubscribed_email": said,
        "unsubscribed_sms": said,
    }
