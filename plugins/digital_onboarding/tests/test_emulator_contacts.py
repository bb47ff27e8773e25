"""The pretended contacts: one by one, in batches, and on bad days."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from martech.emulation import FaultKind
from martech.testing.clock import ManualClock
from martech.wire import CutConnection, Headers, HttpRequest, Response
from martech_digital_onboarding.emulator import DigitalOnboardingEmulator

BASE = "https://emulated.digital-onboarding.test"
WRITABLE = {
    "unique_id": "m-1",
    "name_title": "Dr",
    "name_first": "Ada",
    "name_last": "Ames",
    "name_suffix": "II",
    "address": "1 North Street",
    "address2": "Floor 2",
    "city": "Northtown",
    "state": "ME",
    "county": "Kent",
    "country": "US",
    "post_code": "04000",
    "timezone": "America/New_York",
    "email": "ada@example.org",
    "phone_home": "+12025550101",
    "phone_mobile": "+12025550102",
    "phone_work": "+12025550103",
    "unsubscribe_email": True,
    "unsubscribe_sms": False,
    "meta_public": {"branch": "North"},
}


class Caller:
    """Signs in once and posts JSON."""

    def __init__(self, **switches: Any) -> None:
        self.clock = ManualClock()
        self.emulator = DigitalOnboardingEmulator(clock=self.clock, **{"token_seconds": 10**9, **switches})
        settings = self.emulator.settings()
        asked = urlencode({"grant_type": "client_credentials", **settings})
        answer = self.emulator(HttpRequest("POST", f"{BASE}/oauth2/token", Headers(), asked.encode()))
        self.headers = Headers([("authorization", f"Bearer {answer.json()['access_token']}")])

    def ask(self, method: str, path: str, body: object = None) -> Response:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.emulator(HttpRequest(method, BASE + path, self.headers, content))

    def post(self, body: object) -> Response:
        return self.ask("POST", "/v1/contacts", body)

    def upsert(self, **members: Any) -> dict[str, Any]:
        answer = self.post(members)
        assert answer.status == 200, answer.text
        contact = answer.json()
        assert isinstance(contact, dict)
        return contact

    def batch(self, *records: object) -> tuple[list[str], list[str]]:
        answer = self.post({"contacts": list(records)})
        assert answer.status == 200, answer.text
        assert answer.json().keys() == {"new_contacts", "existing_contacts"}
        return (
            [contact["unique_id"] for contact in answer.json()["new_contacts"]],
            [contact["unique_id"] for contact in answer.json()["existing_contacts"]],
        )


# ── one contact ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_contact_comes_back_with_every_field_it_was_posted_with_and_what_the_vendor_adds() -> None:
    contact = Caller().upsert(**WRITABLE)
    assert {member: contact[member] for member in WRITABLE} == WRITABLE
    assert contact.keys() - WRITABLE.keys() == {"id", "inserted_at", "updated_at"}
    assert UUID(contact["id"]).version == 4
    assert contact["inserted_at"] == contact["updated_at"] == "2026-01-05T09:00:00Z"


def test_a_new_contact_is_subscribed_on_both_channels_unless_it_says_otherwise() -> None:
    caller = Caller()
    contact = caller.upsert(unique_id="m-1", email="ada@example.org", phone_mobile="+12025550102")
    assert (contact["unsubscribe_email"], contact["unsubscribe_sms"]) == (False, False)
    assert contact["meta_public"] == {}
    assert contact["name_first"] is None
    assert caller.emulator.contactable("m-1") is True
    assert caller.emulator.contactable("m-1", "sms") is True


def test_unset_members_can_be_left_out() -> None:
    contact = Caller(omit_unset_members=True).upsert(unique_id="m-1")
    assert contact.keys() == {
        "id",
        "unique_id",
        "unsubscribe_email",
        "unsubscribe_sms",
        "meta_public",
        "inserted_at",
        "updated_at",
    }


def test_opt_out_flags_can_be_left_out_unless_they_say_no_or_altogether() -> None:
    caller = Caller(flags_shown="when_true")
    said = {"unique_id": "m-1", "unsubscribe_email": True, "unsubscribe_sms": False}
    assert caller.upsert(**said).keys() >= {"unsubscribe_email"}
    assert "unsubscribe_sms" not in caller.upsert(**said)
    caller.emulator.flags_shown = "never"
    assert caller.upsert(**said).keys().isdisjoint({"unsubscribe_email", "unsubscribe_sms"})


def test_undocumented_members_can_be_shown() -> None:
    contact = Caller(undocumented_members=True).upsert(unique_id="m-1", birthdate="2000-01-01")
    assert contact["birthdate"] is None
    assert contact["email_opted_in"] is False


def test_a_known_unique_id_updates_and_an_unknown_one_creates() -> None:
    caller = Caller()
    first = caller.upsert(unique_id="m-1", name_first="Ada")
    caller.clock.advance(60)
    second = caller.upsert(unique_id="m-1", name_last="Ames")
    assert second["id"] == first["id"]
    assert (second["name_first"], second["name_last"]) == ("Ada", "Ames")
    assert second["inserted_at"] == first["inserted_at"]
    assert second["updated_at"] == "2026-01-05T09:01:00Z"
    assert caller.upsert(unique_id="m-2")["id"] != first["id"]


@pytest.mark.parametrize("unique_id", [{}, {"unique_id": None}, {"unique_id": ""}])
def test_without_a_unique_id_the_address_is_one(unique_id: dict[str, Any]) -> None:
    caller = Caller()
    first = caller.upsert(email="ada@example.org", **unique_id)
    assert first["unique_id"] == "ada@example.org"
    assert caller.upsert(email="ada@example.org")["id"] == first["id"]
    assert caller.upsert(unique_id="ada@example.org", name_first="Ada")["id"] == first["id"]


def test_without_unique_id_and_address_every_post_makes_another_person() -> None:
    caller = Caller()
    first, second = caller.upsert(name_first="Ada"), caller.upsert(name_first="Ada")
    assert UUID(first["unique_id"]).version == 4
    assert first["unique_id"] != second["unique_id"]
    assert len(caller.emulator.people) == 2


def test_a_person_loaded_by_address_and_later_by_key_is_two_contacts() -> None:
    caller = Caller()
    caller.upsert(email="ada@example.org")
    caller.upsert(unique_id="m-1", email="ada@example.org", unsubscribe_email=True)
    assert len(caller.emulator.people) == 2
    assert caller.emulator.contactable("m-1") is False
    assert caller.emulator.contactable("ada@example.org") is True
    caller.upsert(email="ada@example.org", unsubscribe_email=True)
    assert caller.emulator.contactable("ada@example.org") is False


def test_addresses_as_keys_are_compared_letter_by_letter() -> None:
    caller = Caller()
    caller.upsert(email="ada@example.org", unsubscribe_email=True)
    caller.upsert(email="Ada@example.org")
    caller.upsert(email="ada@example.org ")
    assert len(caller.emulator.people) == 3
    assert caller.emulator.contactable("ADA@example.org") is True


def test_left_out_members_stay_and_null_clears() -> None:
    caller = Caller()
    caller.upsert(**WRITABLE)
    after = caller.upsert(unique_id="m-1", name_title=None, email=None, meta_public=None)
    assert (after["name_title"], after["email"], after["meta_public"]) == (None, None, {})
    assert after["name_first"] == "Ada"
    assert after["unsubscribe_email"] is True
    assert caller.emulator.contactable("ada@example.org") is None
    assert caller.emulator.contactable("m-1") is False


def test_an_update_replaces_meta_public_or_merges_into_it() -> None:
    caller = Caller()
    caller.upsert(unique_id="m-1", meta_public={"branch": "North", "tier": "gold"})
    assert caller.upsert(unique_id="m-1", meta_public={"tier": "silver"})["meta_public"] == {"tier": "silver"}
    caller.emulator.meta_public_update = "merge"
    merged = caller.upsert(unique_id="m-1", meta_public={"branch": "South"})["meta_public"]
    assert merged == {"branch": "South", "tier": "silver"}


def test_an_address_that_moves_takes_its_mailbox_along() -> None:
    caller = Caller()
    caller.upsert(unique_id="m-1", email="ada@example.org")
    caller.upsert(unique_id="m-1", email="ames@example.org")
    assert caller.emulator.contactable("ada@example.org") is None
    assert caller.emulator.contactable("ames@example.org") is True


def test_contactable_knows_every_name_of_a_person_and_needs_an_address_for_the_channel() -> None:
    caller = Caller()
    contact = caller.upsert(unique_id="m-1", email="ada@example.org", phone_home="+12025550101")
    for name in ("m-1", contact["id"], "ada@example.org"):
        assert caller.emulator.contactable(name, "email") is True
        assert caller.emulator.contactable(name, "sms") is False
    assert caller.emulator.contactable("m-1", "push") is False
    assert caller.emulator.contactable("m-2") is None


def test_read_only_and_unknown_members_are_ignored_and_remembered() -> None:
    caller = Caller()
    contact = caller.upsert(unique_id="m-1", id="mine", inserted_at="1999-01-01", nickname="A")
    assert contact["id"] != "mine"
    assert contact["inserted_at"].startswith("2026")
    assert "nickname" not in contact
    assert [
        (ignored.unique_id, ignored.member, ignored.reason) for ignored in caller.emulator.ignored_members
    ] == [
        ("m-1", "id", "read_only"),
        ("m-1", "inserted_at", "read_only"),
        ("m-1", "nickname", "unknown"),
    ]


@pytest.mark.parametrize(
    ("members", "errors"),
    [
        ({"email": "ada"}, {"email": ["is invalid"]}),
        ({"email": ""}, {"email": ["is invalid"]}),
        ({"unique_id": 7}, {"unique_id": ["is invalid"]}),
        ({"name_first": ["Ada"]}, {"name_first": ["is invalid"]}),
        ({"unsubscribe_email": "true"}, {"unsubscribe_email": ["is invalid"]}),
        ({"unsubscribe_sms": 1}, {"unsubscribe_sms": ["is invalid"]}),
        ({"unsubscribe_sms": None}, {"unsubscribe_sms": ["is invalid"]}),
        ({"meta_public": "North"}, {"meta_public": ["is invalid"]}),
        ({"journey": "tpl-welcome"}, {"journey": ["is invalid"]}),
        ({"journey": {"template_id": "tpl-gone"}}, {"journey.template_id": ["does not exist"]}),
        ({"journey": {"template_id": ["tpl-card"]}}, {"journey.template_id": ["does not exist"]}),
        ({"journey.template_id": "tpl-gone"}, {"journey.template_id": ["does not exist"]}),
        (
            {"journey": {"template_id": "tpl-card"}, "journey.template_id": "tpl-welcome"},
            {"journey.template_id": ["is invalid"]},
        ),
        ({"email": "ada", "city": 1}, {"email": ["is invalid"], "city": ["is invalid"]}),
    ],
)
def test_a_bad_record_is_refused_with_messages_by_member_and_nothing_is_stored(
    members: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    caller = Caller()
    answer = caller.post({"unique_id": "m-1", **members})
    assert (answer.status, answer.json()) == (422, {"errors": errors})
    assert len(caller.emulator.people) == 0
    assert not caller.emulator.outbox


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("list", {"errors": ["email is invalid"]}),
        ("text", {"errors": "email is invalid"}),
        ("message", {"error": "unprocessable_entity", "message": "email is invalid"}),
        (
            "objects",
            {
                "errors": [
                    {
                        "code": "validation_failed",
                        "title": "email",
                        "detail": "is invalid",
                        "source": {"pointer": "/email"},
                    }
                ]
            },
        ),
    ],
)
def test_validation_errors_can_be_written_in_other_forms(form: str, body: dict[str, Any]) -> None:
    answer = Caller(validation_errors=form).post({"email": "ada"})
    assert (answer.status, answer.json()) == (422, body)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"m-1"'])
def test_a_body_that_is_no_object_is_a_bad_request(body: bytes) -> None:
    answer = Caller().post(body)
    assert (answer.status, answer.json()) == (400, {"error": "bad_request"})


def test_the_status_of_success_can_be_another() -> None:
    assert Caller(success_status=201).post({"unique_id": "m-1"}).status == 201


def test_opting_out_outside_the_interface_reaches_everybody_with_that_address_or_one_by_key() -> None:
    caller = Caller()
    caller.upsert(email="ada@example.org")
    caller.upsert(unique_id="m-1", email="ada@example.org", phone_mobile="+12025550102")
    assert caller.emulator.opt_out("m-1", "sms") == 1
    assert caller.emulator.contactable("m-1", "sms") is False
    assert caller.emulator.contactable("m-1") is True
    assert caller.emulator.opt_out("ada@example.org") == 2
    assert caller.emulator.contactable("ada@example.org") is False
    with pytest.raises(ValueError, match="push"):
        caller.emulator.opt_out("m-1", "push")


# ── many contacts ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_batch_says_who_is_new_and_who_was_there() -> None:
    caller = Caller()
    caller.upsert(unique_id="m-1")
    new, existing = caller.batch({"unique_id": "m-1", "email": "a@example.org"}, {"email": "b@example.org"})
    assert (new, existing) == (["b@example.org"], ["m-1"])
    assert caller.emulator.contactable("a@example.org") is True


def test_the_same_key_twice_in_a_batch_is_in_both_answers() -> None:
    caller = Caller()
    new, existing = caller.batch({"unique_id": "m-1", "city": "A"}, {"unique_id": "m-1", "city": "B"})
    assert (new, existing) == (["m-1"], ["m-1"])
    assert len(caller.emulator.people) == 1


def test_an_empty_batch_does_nothing() -> None:
    assert Caller().batch() == ([], [])


def test_members_beside_contacts_are_ignored_and_remembered() -> None:
    caller = Caller()
    caller.post({"contacts": [{"unique_id": "m-1"}], "email": "ada@example.org"})
    assert [contact.unique_id for contact in caller.emulator.people.in_order] == ["m-1"]
    assert [ignored.member for ignored in caller.emulator.ignored_members] == ["email"]


def test_contacts_that_are_no_array_or_hold_no_objects_are_refused() -> None:
    caller = Caller()
    assert caller.post({"contacts": {}}).json() == {"errors": {"contacts": ["is invalid"]}}
    assert caller.post({"contacts": ["m-1"]}).json() == {"errors": {"contact": ["is invalid"]}}


GOOD_BAD_GOOD = {"contacts": [{"unique_id": "m-1"}, {"unique_id": "m-2", "email": "bad"}, {"unique_id": "m-3"}]}


def test_one_bad_record_refuses_its_whole_batch() -> None:
    caller = Caller()
    answer = caller.post(GOOD_BAD_GOOD)
    assert (answer.status, answer.json()) == (422, {"errors": {"email": ["is invalid"]}})
    assert len(caller.emulator.people) == 0


def test_one_bad_record_can_stop_its_batch_half_done() -> None:
    caller = Caller(bad_records="stop")
    assert caller.post(GOOD_BAD_GOOD).status == 422
    assert list(caller.emulator.people.by_unique_id) == ["m-1"]


def test_one_bad_record_can_be_passed_over_in_silence() -> None:
    assert Caller(bad_records="skip").batch(*GOOD_BAD_GOOD["contacts"]) == (["m-1", "m-3"], [])


def test_a_batch_answer_can_leave_out_contacts_that_were_not_stored() -> None:
    caller = Caller(absent_keys={"m-2"})
    assert caller.batch({"unique_id": "m-1"}, {"unique_id": "m-2"}) == (["m-1"], [])
    assert caller.emulator.contactable("m-2") is None


def test_a_batch_answer_can_leave_out_contacts_that_were_stored() -> None:
    caller = Caller(absent_every=2, absent_are_stored=True)
    assert caller.batch(*({"unique_id": f"m-{n}"} for n in range(1, 6))) == (["m-1", "m-3", "m-5"], [])
    assert len(caller.emulator.people) == 5


def test_a_batch_answer_can_come_in_another_order() -> None:
    keys = [f"m-{n}" for n in range(20)]
    new, _ = Caller(shuffle_batch_answers=True).batch(*({"unique_id": key} for key in keys))
    assert new != keys
    assert sorted(new) == sorted(keys)


def test_a_batch_above_the_largest_number_is_too_large() -> None:
    caller = Caller(max_batch_contacts=2)
    assert caller.batch({"unique_id": "m-1"}, {"unique_id": "m-2"})[0] == ["m-1", "m-2"]
    answer = caller.post({"contacts": [{}, {}, {}]})
    assert (answer.status, answer.json()) == (413, {"error": "request_entity_too_large"})
    assert len(caller.emulator.people) == 2


def test_a_body_above_the_largest_size_is_too_large() -> None:
    caller = Caller(max_body_bytes=100)
    assert caller.post({"unique_id": "m-1", "city": "x" * 100}).status == 413
    caller.emulator.max_body_bytes = None
    assert caller.post({"unique_id": "m-1", "city": "x" * 100}).ok


def test_a_large_batch_finds_its_people_among_thirty_thousand() -> None:
    caller = Caller()
    assert caller.emulator.seed_people({"key": f"p-{n}", "email": f"p{n}@example.org"} for n in range(30_000))
    new, existing = caller.batch(*({"unique_id": f"p-{n}", "city": "X"} for n in range(29_000, 31_000)))
    assert (len(new), len(existing)) == (1000, 1000)


# ── people who were there all along ──────────────────────────────────────────────────────────────────────────


def test_seeded_people_have_the_vendors_fields_and_no_message_goes_out() -> None:
    caller = Caller(collect_webhooks=True)
    rows = [
        {"key": "m-1", "email": "ada@example.org", "phone": "+12025550102", "first_name": "Ada", "last_name": "A"},
        {"email": "bo@example.org", "unsubscribed_email": "true", "unsubscribed_sms": "false"},
        {"phone": "+12025550103", "unsubscribed_sms": "TRUE"},
        {"key": "m-1", "last_name": "Ames"},
    ]
    assert caller.emulator.seed_people(rows) == 4
    people = caller.emulator.people
    assert len(people) == 3
    assert people.by_unique_id["m-1"].members["phone_mobile"] == "+12025550102"
    assert people.by_unique_id["m-1"].members["name_last"] == "Ames"
    assert caller.emulator.contactable("m-1", "sms") is True
    assert caller.emulator.contactable("bo@example.org") is False
    assert caller.emulator.contactable(people.in_order[2].unique_id, "sms") is False
    assert not caller.emulator.outbox
    assert not caller.emulator.webhooks.collected


# ── what is not documented ───────────────────────────────────────────────────────────────────────────────────


def test_contacts_cannot_be_read_unless_the_undocumented_endpoints_are_on() -> None:
    caller = Caller()
    contact = caller.upsert(unique_id="m-1")
    for path in ("/v1/contacts", f"/v1/contacts/{contact['id']}"):
        answer = caller.ask("GET", path)
        assert (answer.status, answer.json()) == (404, {"error": "not_found"})


def test_one_contact_can_be_read_by_the_vendors_id_when_they_are_on() -> None:
    caller = Caller(undocumented_endpoints=True)
    contact = caller.upsert(unique_id="m-1")
    assert caller.ask("GET", f"/v1/contacts/{contact['id']}").json() == contact
    assert caller.ask("GET", "/v1/contacts/m-1").status == 404


def test_contacts_can_be_listed_to_the_end_when_they_are_on() -> None:
    caller = Caller(undocumented_endpoints=True)
    caller.batch(*({"unique_id": f"m-{n:03}", "city": "AB"[n % 2]} for n in range(120)))
    seen: list[str] = []
    while page := caller.ask("GET", f"/v1/contacts?offset={len(seen)}").json()["contacts"]:
        assert len(page) in (50, 20)
        seen += [contact["unique_id"] for contact in page]
    assert seen == [f"m-{n:03}" for n in range(120)]


def test_the_listing_can_be_sorted_searched_and_bare() -> None:
    caller = Caller(undocumented_endpoints=True, bare_arrays=True)
    for key, name in (("m-1", "Bo"), ("m-2", "Ada"), ("x-3", "Cy")):
        caller.upsert(unique_id=key, name_first=name)

    def listed(query: str) -> list[str]:
        return [contact["unique_id"] for contact in caller.ask("GET", f"/v1/contacts?{query}").json()]

    assert listed("sort_column=name_first") == ["m-2", "m-1", "x-3"]
    assert listed("sort_column=name_first&limit=1&offset=1") == ["m-1"]
    assert listed("sort_column=unique_id&sort_direction=desc") == ["x-3", "m-2", "m-1"]
    assert listed("search=M-") == ["m-1", "m-2"]
    caller.upsert(unique_id="m-4")
    assert listed("search=M-") == ["m-1", "m-2", "m-4"]
    assert listed("sort_direction=desc&limit=1") == ["m-4"]


def test_a_listing_that_makes_no_sense_is_refused() -> None:
    answer = Caller(undocumented_endpoints=True).ask(
        "GET", "/v1/contacts?limit=many&offset=-1&sort_column=shoe_size&sort_direction=up"
    )
    assert answer.status == 422
    assert answer.json()["errors"].keys() == {"limit", "offset", "sort_column", "sort_direction"}


# ── bad days ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_connection_cut_after_the_work_leaves_the_contact_and_a_keyless_retry_makes_another() -> None:
    caller = Caller()
    for body in ({"unique_id": "m-1"}, {"name_first": "Ada"}):
        caller.emulator.faults.add(FaultKind.CUT_AFTER, route="/v1/contacts")
        with pytest.raises(CutConnection):
            caller.post(body)
        assert caller.post(body).ok
    assert len(caller.emulator.people) == 3


def test_a_connection_cut_before_the_work_leaves_nothing() -> None:
    caller = Caller()
    caller.emulator.faults.add(FaultKind.CUT_BEFORE, route="/v1/contacts")
    with pytest.raises(CutConnection):
        caller.post({"unique_id": "m-1"})
    assert len(caller.emulator.people) == 0


def test_limits_and_breakdowns_come_from_the_faults() -> None:
    caller = Caller()
    faults = caller.emulator.faults
    faults.add(FaultKind.STATUS, status=429, headers={"Retry-After": "7"})
    limited = caller.post({"unique_id": "m-1"})
    assert (limited.status, limited.headers.get("retry-after")) == (429, "7")
    faults.add(FaultKind.STATUS, status=502, body="<h1>Bad gateway</h1>")
    assert caller.post({"unique_id": "m-1"}).json_or_none() is None
    assert len(caller.emulator.people) == 0
    faults.add(FaultKind.TRUNCATE)
    assert caller.post({"unique_id": "m-1"}).json_or_none() is None
    faults.add(FaultKind.NONSENSE)
    assert caller.post({"unique_id": "m-1"}).headers.get("content-type") == "text/html"
    faults.add(FaultKind.SLOW, seconds=40)
    assert caller.post({"unique_id": "m-1"}).ok
    assert caller.clock.slept == [40]
