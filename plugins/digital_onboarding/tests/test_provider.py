"""The provider through a client: what it says no to, its tokens, its settings."""

from __future__ import annotations

from typing import Any

import pytest

from martech.errors import (
    AuthenticationFailed,
    ConfigurationError,
    MissingSetting,
    UnsupportedOperation,
)
from martech.models import (
    Channel,
    Contact,
    IdentifierKind,
    IfNew,
    ItemOutcome,
    Merge,
    Subscription,
    SubscriptionStatus,
    email,
    own,
)
from martech.registry import find

NO_MAIL = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)
NO_SMS = Subscription(channel=Channel.SMS, status=SubscriptionStatus.UNSUBSCRIBED)
VENDOR_DEFAULT = IfNew.VENDOR_DEFAULT
BY_EMAIL = {"identity": "email"}
UPSERT = "POST /v1/contacts"


def ada(**more: Any) -> Contact:
    return Contact(own_id="m-1", email="ada@example.org", **more)


def people(count: int) -> list[Contact]:
    return [Contact(own_id=f"m-{n}", email=f"p{n}@example.org", first_name=f"P{n}") for n in range(count)]


def upsert(contact: Contact, **how: Any) -> Any:
    return lambda client: client.contacts.upsert(contact, if_new=VENDOR_DEFAULT, **how)


def upsert_many(contacts: Any, **how: Any) -> Any:
    return lambda client: client.contacts.upsert_many(contacts, if_new=VENDOR_DEFAULT, **how)


# ── what is there, and what is not ───────────────────────────────────────────────────────────────────────────


def test_every_verb_is_there_or_says_no_in_a_sentence(talk: Any) -> None:
    capabilities = talk().client.capabilities()
    assert not [verb for verb, one in capabilities.items() if one.undeclared]
    for one in capabilities.values():
        if one.no is not None:
            assert one.no.reason.endswith(".")
            assert len(one.no.reason) > 25
            assert one.no.instead is None or capabilities[one.no.instead].supported


def test_what_is_there_is_what_the_vendor_documents(talk: Any) -> None:
    supported = {verb for verb, one in talk().client.capabilities().items() if one.supported}
    assert supported == {
        "account.identifiers",
        "account.limits",
        "account.verify",
        "automations.enrol",
        "automations.list",
        "consent.subscribe",
        "consent.subscribe_many",
        "consent.suppress",
        "consent.suppress_many",
        "consent.unsubscribe",
        "consent.unsubscribe_many",
        "contacts.upsert",
        "contacts.upsert_many",
        "contacts.upsert_stream",
    }


@pytest.mark.parametrize(
    ("verb", "instead"),
    [
        ("messages.send_email", "automations.enrol"),
        ("messages.send_sms", "automations.enrol"),
        ("campaigns.send", "automations.enrol"),
        ("templates.list", "automations.list"),
        ("contacts.create", "contacts.upsert"),
        ("consent.release", "consent.subscribe"),
        # Two that must never be put in each other's place.
        ("contacts.delete", None),
        ("lists.add", None),
    ],
)
def test_a_substitute_is_named_where_it_is_the_vendors_way(talk: Any, verb: str, instead: str | None) -> None:
    assert talk().client.capabilities()[verb].no.instead == instead


def test_a_refused_verb_sends_nothing_on_either_face(either: Any) -> None:
    talked = either()
    for call in (
        lambda client: client.contacts.get(own("m-1")),
        lambda client: client.contacts.delete(own("m-1")),
        lambda client: client.contacts.upsert(ada(), if_new=IfNew.NOT_CONTACTABLE),
        lambda client: client.contacts.upsert(ada(), if_new=VENDOR_DEFAULT, merge=Merge.FILL_EMPTY),
        lambda client: client.contacts.upsert(ada(), if_new=VENDOR_DEFAULT, match=IdentifierKind.EMAIL),
        lambda client: client.contacts.upsert(
            ada(), if_new=VENDOR_DEFAULT, extra={"digital_onboarding": {"journey": {"template_id": "tpl-card"}}}
        ),
        lambda client: client.consent.status(own("m-1")),
        lambda client: client.consent.unsubscribe("ada@example.org", channel=Channel.EMAIL),
        lambda client: client.automations.enrol("tpl-welcome", "ada@example.org"),
    ):
        with pytest.raises(UnsupportedOperation):
            talked(call)
    assert talked.said == []


def test_what_an_account_declines_follows_its_way_of_naming_people(talk: Any) -> None:
    by_id, by_email = talk().client, talk(options=BY_EMAIL).client
    for verb in ("consent.unsubscribe", "consent.subscribe"):
        assert by_id.supports(verb, ref=own("m-1"))
        assert by_email.supports(verb, ref=email("ada@example.org"))
        assert not by_email.supports(verb, ref=own("m-1"))
    assert not by_id.supports("contacts.upsert", how=IdentifierKind.EMAIL)
    assert by_email.supports("contacts.upsert", how=IdentifierKind.EMAIL)


def test_the_account_says_by_what_it_names_people_and_that_it_is_let_in(either: Any) -> None:
    talked = either()
    assert [one.kind for one in talked(lambda client: client.account.identifiers())] == [IdentifierKind.OWN]
    verified = talked(lambda client: client.account.verify())
    assert verified.ok
    assert "2 templates" in verified.detail


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_is_asked_for_when_it_is_needed_kept_and_replaced_once(either: Any) -> None:
    talked = either(token_seconds=600)
    assert talked.count("oauth2") == 0
    talked(upsert(ada()))
    talked(upsert(ada()))
    assert talked.count("oauth2") == 1
    talked.bench.clock.advance(599)
    talked(upsert(ada()))
    assert talked.count("oauth2") == 2
    talked.emulator.expire_tokens()
    talked(upsert(ada()))
    assert talked.count("oauth2") == 3


def test_a_token_that_is_refused_again_is_not_asked_for_a_third_time(either: Any) -> None:
    talked = either(force_401_always=True)
    with pytest.raises(AuthenticationFailed):
        talked(upsert(ada()))
    assert (talked.count("oauth2"), talked.count(UPSERT)) == (2, 2)


def test_a_revoked_client_is_not_replayed(either: Any) -> None:
    talked = either()
    talked(upsert(ada()))
    talked.emulator.unauthorized_body = "invalid_client"
    talked.emulator.expire_tokens()
    with pytest.raises(AuthenticationFailed, match="revoked"):
        talked(upsert(ada()))
    assert (talked.count("oauth2"), talked.count(UPSERT)) == (1, 2)


def test_wrong_credentials_end_a_bulk_call_before_anything_is_written(either: Any) -> None:
    talked = either(options={"client_secret": "cs_wrong"})
    with pytest.raises(AuthenticationFailed):
        talked(upsert_many(people(300)))
    assert (talked.count("oauth2"), talked.count(UPSERT)) == (1, 0)


def test_a_client_revoked_halfway_gives_every_input_its_result(talk: Any) -> None:
    talked = talk(options={"batch_contacts": 10, "batch_bytes": 1024})
    refused = '{"error": "invalid_client"}'
    talked.emulator.faults.add("status", route="/v1/contacts", after=2, times=50, status=401, body=refused)
    results = talked(upsert_many(people(40))).items
    assert len(results) == 40
    good = [one.ok for one in results]
    assert good == sorted(good, reverse=True)
    assert good[0]
    assert not good[-1]
    assert all(one.outcome is ItemOutcome.FAILED for one in results if not one.ok)


@pytest.mark.parametrize("first", ["cut_after", "status", "refused_in_part"])
def test_what_may_be_written_already_is_never_lost_in_an_error_that_concerns_everybody(
    either: Any, first: str
) -> None:
    talked = either(options={"batch_contacts": 4, "batch_bytes": 1024})
    wide = [Contact(own_id=f"m-{n}", attributes={"essay": "x" * 300}) for n in range(4)]
    faults, tries = talked.emulator.faults, 4
    if first == "refused_in_part":
        tries = 1
        faults.add("status", route="/v1/contacts", status=422, body='{"error": "no"}')
    else:
        faults.add(first, route="/v1/contacts", status=503, times=tries)
    talked.emulator.faults.add(
        "status", route="/v1/contacts", status=401, times=99, body='{"error": "invalid_client"}'
    )
    results = talked(upsert_many(wide)).items
    assert [one.position for one in results] == [0, 1, 2, 3]
    assert not any(one.ok for one in results)
    assert talked.count(UPSERT) == tries + 1


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("credentials_in", ["header", "body"])
@pytest.mark.parametrize("token_body", ["form", "json"])
def test_credentials_travel_in_a_header_or_a_body_written_either_way(
    either: Any, credentials_in: str, token_body: str
) -> None:
    channel = "basic" if credentials_in == "header" else "body"
    talked = either(
        credential_channels=channel,
        token_encodings=token_body,
        options={"credentials_in": credentials_in, "token_body": token_body},
    )
    assert talked(upsert(ada())).ok
    talked.emulator.ledger.assert_no_secret_in_urls()


def test_plain_http_is_refused_before_anything_is_sent(talk: Any) -> None:
    with pytest.raises(ConfigurationError, match="https"):
        talk(options={"base_url": "http://api.digitalonboarding.com"})
    talked = talk(options={"base_url": "http://localhost:8080/"})
    assert talked(upsert(ada())).ok
    assert all("//v1" not in one.url for one in talked.said)


@pytest.mark.parametrize(
    "wrong", [{"identity": "phone"}, {"client_secret": ""}, {"batch_contacts": 0}, {"token_body": "xml"}]
)
def test_a_setting_that_cannot_be_used_is_named_and_not_repeated(wrong: dict[str, Any]) -> None:
    given = {"client_id": "ci_7", "client_secret": "cs_7", **wrong}
    with pytest.raises(MissingSetting) as refused:
        find("digital_onboarding").with_settings(given)
    assert next(iter(wrong)) in str(refused.value)
    assert "cs_7" not in str(refused.value)
    assert "phone" not in str(refused.value)


def test_the_typed_pair_takes_the_same_settings_as_the_provider() -> None:
    import inspect

    from martech_digital_onboarding.clients import AsyncDigitalOnboarding, DigitalOnboarding
    from martech_digital_onboarding.settings import DigitalOnboardingSettings

    for pair in (DigitalOnboarding, AsyncDigitalOnboarding):
        named = inspect.signature(pair).parameters
        assert set(named) - {"options"} == set(DigitalOnboardingSettings.model_fields)
        for name, field in DigitalOnboardingSettings.model_fields.items():
            if not field.is_required():
                assert named[name].default == field.default


def test_the_typed_pair_talks_like_the_client(talk: Any) -> None:
    from martech_digital_onboarding.clients import DigitalOnboarding

    table = talk().bench
    settings = table.emulator.settings()
    with DigitalOnboarding(**settings, app=table.emulator, clock=table.clock) as client:
        assert client.contacts.upsert(ada(), if_new=VENDOR_DEFAULT).ok
        assert client.native.objectives()
