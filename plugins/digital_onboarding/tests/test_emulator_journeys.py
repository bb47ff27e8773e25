"""The pretended journeys and objectives: what starts them, whom they reach, and how files bring them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from martech.emulation import FaultKind
from martech.testing.clock import ManualClock
from martech.wire import CutConnection, Headers, HttpRequest, Response
from martech_digital_onboarding.emulator import DigitalOnboardingEmulator

BASE = "https://emulated.digital-onboarding.test"
ADA = {"unique_id": "m-1", "name_first": "Ada", "email": "ada@example.org", "phone_mobile": "+12025550102"}


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

    def journey(self, template_id: str = "tpl-welcome", **members: Any) -> Response:
        return self.ask("POST", f"/v1/templates/{template_id}/journeys", members)

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(sent.channel, sent.recipient) for sent in self.emulator.outbox]


def test_templates_are_listed_with_id_and_name() -> None:
    caller = Caller(templates={"tpl-9": "Welcome"})
    caller.emulator.add_template("tpl-10", "Card")
    answer = caller.emulator(HttpRequest("GET", f"{BASE}/v1/templates", caller.headers))
    assert answer.json() == {"templates": [{"id": "tpl-9", "name": "Welcome"}, {"id": "tpl-10", "name": "Card"}]}


def test_a_journey_answers_its_id_its_slug_and_its_address_and_messages_the_contact() -> None:
    caller = Caller()
    answer = caller.journey(contact=ADA, owner_id="u-1", name="Welcome Ada")
    assert answer.status == 200
    assert answer.json().keys() == {"id", "slug", "web_client_url"}
    assert answer.json()["slug"].startswith("ada-")
    assert answer.json()["web_client_url"].endswith(answer.json()["slug"])
    journey = caller.emulator.journeys[answer.json()["id"]]
    assert (journey.name, journey.owner_id) == ("Welcome Ada", "u-1")
    sent = caller.emulator.outbox[0]
    assert (sent.channel, sent.recipient, sent.what) == ("email", "ada@example.org", "journey tpl-welcome")
    assert (sent.key, sent.at) == ("tpl-welcome/m-1", caller.emulator.clock.now())
    assert sent.details == {"journey_id": journey.id}


def test_whoever_inspects_a_page_reads_all_of_meta_public_and_nothing_else() -> None:
    caller = Caller()
    link = caller.journey(contact={**ADA, "city": "Bath", "meta_public": {"branch": "North", "iban": "x"}}).json()
    assert caller.emulator.pages() == [
        {"web_client_url": link["web_client_url"], "meta_public": {"branch": "North", "iban": "x"}}
    ]


def test_a_journey_without_a_name_has_that_of_its_template() -> None:
    caller = Caller()
    journey_id = caller.journey(contact={"unique_id": "m-1"}).json()["id"]
    assert caller.emulator.journeys[journey_id].name == "Welcome"


def test_the_contact_of_a_journey_is_created_or_updated_by_its_key() -> None:
    caller = Caller()
    caller.journey(contact=ADA)
    caller.journey(contact={"unique_id": "m-1", "city": "Northtown"})
    caller.journey(contact={"email": "ada@example.org"})
    assert list(caller.emulator.people.by_unique_id) == ["m-1", "ada@example.org"]
    assert caller.emulator.people.by_unique_id["m-1"].members["city"] == "Northtown"


def test_asking_twice_makes_two_journeys_and_two_messages() -> None:
    caller = Caller()
    first, second = caller.journey(contact=ADA).json(), caller.journey(contact=ADA).json()
    assert first["id"] != second["id"]
    assert first["slug"] != second["slug"]
    assert caller.sent == [("email", "ada@example.org")] * 2


def test_a_retry_after_a_cut_messages_a_second_time() -> None:
    caller = Caller()
    caller.emulator.faults.add(FaultKind.CUT_AFTER, route="journeys")
    with pytest.raises(CutConnection):
        caller.journey(contact=ADA)
    caller.journey(contact=ADA)
    assert len({sent.key for sent in caller.emulator.outbox}) == 1
    assert len(caller.emulator.outbox) == 2


def test_an_unknown_template_in_the_path_is_not_found() -> None:
    answer = Caller().journey("tpl-gone", contact=ADA)
    assert (answer.status, answer.json()) == (404, {"error": "not_found"})


@pytest.mark.parametrize(
    ("members", "errors"),
    [
        ({}, {"contact": ["can't be blank"]}),
        ({"contact": None}, {"contact": ["can't be blank"]}),
        ({"contact": "m-1"}, {"contact": ["is invalid"]}),
        ({"contact": {"email": "ada"}}, {"email": ["is invalid"]}),
        ({"contact": ADA, "name": 1, "owner_id": []}, {"name": ["is invalid"], "owner_id": ["is invalid"]}),
    ],
)
def test_a_bad_journey_is_refused_and_leaves_nothing(members: dict[str, Any], errors: dict[str, Any]) -> None:
    caller = Caller()
    answer = caller.journey(**members)
    assert (answer.status, answer.json()) == (422, {"errors": errors})
    assert len(caller.emulator.people) == 0
    assert not caller.emulator.journeys


def test_a_journey_that_is_no_object_is_a_bad_request() -> None:
    answer = Caller().ask("POST", "/v1/templates/tpl-card/journeys", [ADA])
    assert (answer.status, answer.json()) == (400, {"error": "bad_request"})


def test_a_template_in_the_body_of_a_journey_is_ignored_and_remembered() -> None:
    caller = Caller()
    caller.ask("POST", "/v1/templates/tpl-welcome/journeys", {"contact": ADA, "template_id": "tpl-card"})
    assert [journey.template_id for journey in caller.emulator.journeys.values()] == ["tpl-welcome"]
    assert [ignored.member for ignored in caller.emulator.ignored_members] == ["template_id"]


def test_a_contact_with_only_a_mobile_number_gets_an_sms() -> None:
    caller = Caller()
    caller.journey(contact={"unique_id": "m-1", "phone_mobile": "+12025550102"})
    assert caller.sent == [("sms", "+12025550102")]


@pytest.mark.parametrize(
    "contact",
    [
        {**ADA, "unsubscribe_email": True},
        {"unique_id": "m-1", "phone_mobile": "+12025550102", "unsubscribe_sms": True},
        {"unique_id": "m-1", "phone_home": "+12025550101"},
        {"unique_id": "m-1"},
    ],
)
def test_nobody_is_messaged_who_opted_out_or_has_no_address(contact: dict[str, Any]) -> None:
    caller = Caller()
    assert caller.journey(contact=contact).ok
    assert caller.sent == []
    assert [start.channel for start in caller.emulator.journey_starts] == [None]


def test_a_truthiness_slip_in_an_upsert_puts_an_opted_out_person_back_within_reach() -> None:
    caller = Caller()
    caller.emulator.seed_people([{"key": "m-1", "email": "ada@example.org", "unsubscribed_email": "true"}])
    caller.journey(contact={"unique_id": "m-1"})
    assert caller.sent == []
    caller.journey(contact={"unique_id": "m-1", "unsubscribe_email": False})
    assert caller.sent == [("email", "ada@example.org")]


@pytest.mark.parametrize(
    ("member", "spelling"),
    [({"journey": {"template_id": "tpl-card"}}, "nested"), ({"journey.template_id": "tpl-card"}, "flat")],
)
def test_a_contact_with_a_template_starts_a_journey_in_either_spelling(
    member: dict[str, Any], spelling: str
) -> None:
    caller = Caller()
    answer = caller.post({**ADA, **member})
    assert answer.ok
    assert answer.json().keys().isdisjoint({"journey", "journey.template_id"})
    [start] = caller.emulator.journey_starts
    assert (start.template_id, start.unique_id, start.created) == ("tpl-card", "m-1", True)
    assert (start.route, start.spelling, start.channel) == ("contacts", spelling, "email")
    assert caller.sent == [("email", "ada@example.org")]


def test_the_same_template_in_both_spellings_is_one_journey() -> None:
    caller = Caller()
    member = {"journey": {"template_id": "tpl-card", "name": "x"}, "journey.template_id": "tpl-card"}
    caller.post({**ADA, **member})
    assert len(caller.emulator.journey_starts) == 1
    assert [ignored.member for ignored in caller.emulator.ignored_members] == ["journey.name"]


@pytest.mark.parametrize("journey", [None, {}, {"template_id": None}])
def test_no_template_is_no_journey(journey: object) -> None:
    caller = Caller()
    assert caller.post({**ADA, "journey": journey, "journey.template_id": None}).ok
    assert not caller.emulator.journey_starts


def test_one_spelling_can_be_the_only_one_that_works() -> None:
    caller = Caller(journey_spellings="nested")
    caller.post({**ADA, "journey.template_id": "tpl-card"})
    assert not caller.emulator.journey_starts
    assert [ignored.reason for ignored in caller.emulator.ignored_members] == ["journey_spelling"]
    caller.emulator.journey_spellings = "flat"
    caller.post({**ADA, "journey": {"template_id": "tpl-card"}})
    assert not caller.emulator.journey_starts


def test_a_second_upsert_with_the_template_updates_the_journey_and_messages_again() -> None:
    caller = Caller()
    member = {"journey": {"template_id": "tpl-card"}}
    for _ in range(2):
        caller.post({**ADA, **member})
    assert [start.created for start in caller.emulator.journey_starts] == [True, False]
    assert len(caller.emulator.journeys) == 1
    assert len(caller.sent) == 2
    caller.emulator.journey_update_sends = False
    caller.post({**ADA, **member})
    assert len(caller.sent) == 2


def test_a_batch_starts_a_journey_for_each_contact_that_asks_for_one() -> None:
    caller = Caller()
    records = [{"email": f"{name}@example.org"} for name in ("ada", "bo", "cy")]
    for record in records[:2]:
        record["journey.template_id"] = "tpl-welcome"
    caller.post({"contacts": records})
    assert caller.sent == [("email", "ada@example.org"), ("email", "bo@example.org")]


def test_a_batch_that_is_refused_messages_nobody() -> None:
    caller = Caller()
    records = [
        {"email": "ada@example.org", "journey": {"template_id": "tpl-card"}},
        {"email": "bo@example.org", "journey": {"template_id": "tpl-gone"}},
    ]
    assert caller.post({"contacts": records}).status == 422
    assert caller.sent == []


def test_a_journey_whose_contact_names_a_template_too_is_two_journeys() -> None:
    caller = Caller()
    caller.journey(contact={**ADA, "journey": {"template_id": "tpl-card"}})
    assert [(start.template_id, start.route) for start in caller.emulator.journey_starts] == [
        ("tpl-card", "contacts"),
        ("tpl-welcome", "journeys"),
    ]


# ── objectives ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_platforms_objectives_have_no_team_and_the_teams_own_have_one() -> None:
    caller = Caller()
    objectives = caller.ask("GET", "/v1/objectives").json()["objectives"]
    assert len(objectives) == 13
    assert all(objective.keys() == {"key", "name", "id", "team_id"} for objective in objectives)
    own = [objective for objective in objectives if objective["team_id"] is not None]
    assert [(objective["key"], objective["name"]) for objective in own] == [
        ("first-branch-visit", "First Branch Visit")
    ]
    assert "direct-deposit" in {objective["key"] for objective in objectives}


def test_lists_can_be_bare_arrays() -> None:
    caller = Caller(bare_arrays=True)
    assert len(caller.ask("GET", "/v1/objectives").json()) == 13
    assert caller.ask("GET", "/v1/templates").json()[0] == {"id": "tpl-welcome", "name": "Welcome"}


@pytest.mark.parametrize("word", ["true", "t", "1", "y", "yes", "complete", "completed", "done", "Done", True, 1])
def test_each_word_for_done_completes_at_the_time_of_receipt(word: object) -> None:
    caller = Caller()
    contact = caller.upsert(unique_id="m-1", **{"direct-deposit": word})
    assert "direct-deposit" not in contact
    assert caller.emulator.people.by_unique_id["m-1"].completed == {"direct-deposit": caller.clock.now()}


@pytest.mark.parametrize("at", ["2024-05-01T09:30:00+00:00", "2024-05-01T09:30:00Z", "2024-05-01T11:30:00+0200"])
def test_a_time_completes_at_that_time(at: str) -> None:
    caller = Caller()
    caller.upsert(unique_id="m-1", **{"first-branch-visit": at})
    completed = caller.emulator.people.by_unique_id["m-1"].completed["first-branch-visit"]
    assert completed.isoformat() in ("2024-05-01T09:30:00+00:00", "2024-05-01T11:30:00+02:00")


def test_the_first_completion_counts_and_repeats_change_nothing() -> None:
    caller = Caller()
    for value in ("2024-05-01", "done"):
        caller.upsert(unique_id="m-1", estatements=value)
    assert [(done.objective, done.counted) for done in caller.emulator.completions] == [
        ("estatements", True),
        ("estatements", False),
    ]
    assert {done.completed_at.year for done in caller.emulator.completions} == {2024}


@pytest.mark.parametrize("value", ["no", "false", False, None, 2, {}, "2024-13-01"])
def test_a_value_that_completes_nothing_is_refused_or_ignored(value: object) -> None:
    caller = Caller()
    answer = caller.post({"unique_id": "m-1", "estatements": value})
    assert (answer.status, answer.json()) == (422, {"errors": {"estatements": ["is invalid"]}})
    caller.emulator.bad_objective_values = "ignore"
    caller.upsert(unique_id="m-1", estatements=value)
    assert not caller.emulator.completions
    assert [ignored.reason for ignored in caller.emulator.ignored_members] == ["objective_value"]


def test_a_misspelt_objective_is_ignored_and_a_field_beats_an_objective_of_its_name() -> None:
    caller = Caller()
    caller.emulator.add_objective("city", "Visit the city")
    assert caller.upsert(unique_id="m-1", city="done", **{"direct-deposits": "done"})["city"] == "done"
    assert not caller.emulator.completions
    assert [ignored.member for ignored in caller.emulator.ignored_members] == ["direct-deposits"]


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_creates_and_updates_contacts_completes_objectives_and_starts_journeys() -> None:
    caller = Caller(journey_spellings="nested")
    caller.upsert(unique_id="m-1", name_first="Ada")
    imported = caller.emulator.import_csv(
        "unique_id,email,unsubscribe_sms,meta_public.branch,direct-deposit,journey.template_id,colour\n"
        'm-1,ada@example.org,TRUE,"North, by the sea",2024-05-01T09:30:00+0000,tpl-card,\n'
        ",bo@example.org,false,,true,,red\n"
        "m-3,nobody,,,,,\n"
        "m-4,cy@example.org,perhaps,,,,\n"
        "m-5,dee@example.org,,,,,,one cell too many\n"
    )
    assert (imported.created, imported.updated) == (1, 1)
    assert imported.refused == {
        3: {"email": ["is invalid"]},
        4: {"unsubscribe_sms": ["is invalid"]},
        5: {"row": ["is invalid"]},
    }
    ada = caller.emulator.people.by_unique_id["m-1"]
    assert ada.members["name_first"] == "Ada"
    assert ada.members["meta_public"] == {"branch": "North, by the sea"}
    assert ada.members["unsubscribe_sms"] is True
    assert ada.completed["direct-deposit"].year == 2024
    assert [(start.route, start.spelling) for start in caller.emulator.journey_starts] == [("csv", "column")]
    assert [ignored.member for ignored in caller.emulator.ignored_members] == ["colour"]
