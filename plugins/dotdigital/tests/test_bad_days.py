"""Bad input and bad days. Limits hit on purpose and a wrong region are in the tests of the provider."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_core import to_json

from martech.emulation import FaultKind
from martech.errors import InvalidInput, InvalidRequest, JobTimedOut, ProviderUnavailable
from martech.models import (
    AttributeDefinition,
    Channel,
    Contact,
    IfNew,
    ItemOutcome,
    Job,
    JobPart,
    Record,
    SubscriptionStatus,
    email,
    mobile,
)
from martech.provider import Headers, HttpRequest, Response

Talk = Any
Talker = Callable[..., Any]
IMPORTING: dict[str, Any] = {"if_new": IfNew.VENDOR_DEFAULT, "restore": True}
LONG = "F" * 300


@pytest.mark.parametrize("name", [LONG, "NOBODYKNOWSTHIS"])
def test_a_field_nobody_knows_is_refused_for_one_and_told_of_that_one_in_an_import(both: Talk, name: str) -> None:
    wrong = Contact(email="wrong@example.org", attributes={name: "x"})
    with pytest.raises(InvalidInput) as refused:
        both.call(lambda c: c.contacts.create(wrong, if_new=IfNew.VENDOR_DEFAULT))
    assert refused.value.code
    people = [Contact(email="right@example.org"), wrong]
    done = both.call(lambda c: c.contacts.upsert_many(people, **IMPORTING))
    assert [one.ok for one in done.items] == [True, True]
    assert (done.items[0].code, done.items[0].reason) == (None, None)
    assert done.items[1].code
    assert "not all of it" in (done.items[1].reason or "")
    assert both.emulator.contactable("right@example.org") is True


def test_a_field_with_a_name_of_three_hundred_characters_is_not_made(both: Talk) -> None:
    with pytest.raises((InvalidInput, InvalidRequest)):
        both.call(lambda c: c.attributes.create(AttributeDefinition(name=LONG)))


def test_fields_an_answer_has_that_nobody_knows_are_kept_in_raw(one: Talk) -> None:
    one.seed()
    person = {
        "contactId": 1, "status": "subscribed",
        "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z",
        "identifiers": {"email": "person-0@example.org", LONG: "c-9"}, "dataFields": {LONG: 1, "FIRSTNAME": "Ada"},
        "somethingNew": {"deep": [1]},
    }  # fmt: skip
    one.emulator.faults.add(FaultKind.STATUS, route="GET /contacts/v3/", status=200, body=to_json(person).decode())
    known = one.call(lambda c: c.contacts.get("person-0@example.org"))
    assert (known.first_name, known.attributes, known.raw["somethingNew"]) == ("Ada", {LONG: 1}, {"deep": [1]})


@pytest.mark.parametrize("by", ["v2", "v3"])
def test_somebody_suppressed_is_written_to_and_stays_suppressed(both: Talk, by: str) -> None:
    """Suppressed in v2 by address, in v3 by the status of a channel; no write and no import lifts either."""
    both.seed(2)
    ref = email("person-0@example.org") if by == "v2" else mobile("+447700900000")
    channel = Channel.EMAIL if by == "v2" else Channel.SMS
    both.call(lambda c: c.consent.suppress(ref, channel=channel))

    def status() -> SubscriptionStatus:
        found = both.call(lambda c: c.consent.status(ref))
        return next(one.status for one in found if one.channel is channel and one.topic is None)

    before = status()
    assert before is not SubscriptionStatus.SUBSCRIBED
    contact = Contact(email="person-0@example.org", last_name="L")
    both.call(lambda c: c.contacts.update(contact))
    done = both.call(lambda c: c.contacts.upsert_many([contact], **IMPORTING))
    assert done.items[0].ok
    assert status() is before
    assert both.emulator.contactable("person-0@example.org", channel) is False
    assert both.call(lambda c: c.contacts.get(ref)).last_name == "L"


def test_an_import_in_which_every_row_is_wrong_tells_each_and_makes_nobody(talk: Talker) -> None:
    talked = talk(switches={"refuse_every_nth_row": 1})
    people = [Contact(email=f"p{number}@example.org") for number in range(40)]
    done = talked.call(lambda c: c.contacts.upsert_many(people, **IMPORTING))
    assert {one.outcome for one in done.items} == {ItemOutcome.REFUSED}
    assert [one.position for one in done.items] == list(range(40))
    assert all(one.code and one.reason for one in done.items)
    assert talked.call(lambda c: c.contacts.count()) == 0


def test_records_that_are_all_wrong_are_told_each(one: Talk) -> None:
    rows = [
        Record(key=f"o-{number}", values={"n": number}, contact=email("nobody@example.org"))
        for number in range(120)
    ]
    done = one.call(lambda c: c.datasets.upsert_many("Orders", rows))
    assert {item.outcome for item in done.items} == {ItemOutcome.NOT_FOUND}


def test_a_report_with_ten_thousand_faults_takes_no_more_than_three_times_its_size(talk: Talker) -> None:
    keys = tuple(email(f"person-{number:05}@example.org").key for number in range(10_000))
    document = to_json(
        {
            "importId": "i-1",
            "status": "Finished",
            "summary": {"newContacts": 0, "updatedContacts": 0, "invalidEntries": 10_000},
            "failures": [
                {
                    "contactId": 100_000 + number,
                    "matchIdentifier": "email",
                    "identifiers": {"email": f"person-{number:05}@example.org"},
                    "failures": [
                        {
                            "failureCode": "invalidDataField",
                            "description": f"Field {number} is not one that is known.",
                        }
                    ],
                }
                for number in range(10_000)
            ],
        }
    )

    def vendor(request: HttpRequest) -> Response:
        if "/contacts/v3/import/" not in request.url:
            answered: Response = talked.vendor(request)
            return answered
        return Response(200, Headers([("Content-Type", "application/json; charset=utf-8")]), body=document)

    talked = talk()
    with talked.bench.client(app=vendor) as client:
        client.account.get()
        part = JobPart(id="i-1", inputs=keys)
        job = client.jobs.status(
            Job(
                provider="dotdigital", kind="contacts.import", parts=(part,), submitted_at=talked.bench.clock.now()
            )
        )
        gc.collect()
        tracemalloc.start()
        try:
            results = client.jobs.results(job)
            told, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert [one.position for one in results] == list(range(10_000))
    assert {one.outcome for one in results} == {ItemOutcome.REFUSED}
    beside = peak - told
    print(
        f"a report of {len(document) / 1e6:.1f} MB took {beside / 1e6:.1f} MB beside {told / 1e6:.1f} of results"
    )
    # The results are the caller's; what reading takes beside them is ours.
    assert beside <= 3 * len(document)


def test_a_job_that_never_ends_is_given_back_after_the_time_that_was_given(both: Talk) -> None:
    both.vendor.job_outcomes = {"contactImport": "never"}
    job = both.call(lambda c: c.contacts.start_import([Contact(email="a@example.org")], **IMPORTING))
    with pytest.raises(JobTimedOut) as late:
        both.call(lambda c: c.jobs.wait(job, timeout_seconds=600))
    assert late.value.job is not None
    assert late.value.job.parts[0].id == job.parts[0].id
    assert sum(both.bench.clock.slept) >= 570
    # It is asked for less and less often.
    assert len(both.requests_to("GET /contacts/v3/import/")) < 60


@pytest.mark.parametrize("framework", ["v3", "v2"])
def test_a_vendor_that_falls_over_in_the_middle_of_a_listing_is_gone_on_with_from_the_cursor(
    both: Talk, framework: str
) -> None:
    both.seed(500)
    if framework == "v2":
        for number in range(1_200):
            with both.vendor.lock:
                both.vendor.add_list(f"List {number}")
    route = "GET /contacts/v3" if framework == "v3" else "GET /v2/address-books"

    def ask(c: Any) -> Any:
        return c.contacts.list(page_size=200) if framework == "v3" else c.lists.list()

    whole = [item for page in both.all(lambda c: ask(c).pages()) for item in page.items]
    first = both.all(lambda c: ask(c).pages())[0]
    both.emulator.faults.add(FaultKind.STATUS, route=route, status=503, times=99)
    with pytest.raises(ProviderUnavailable):
        both.all(lambda c: ask(c).pages(after=first.next_cursor))
    both.emulator.faults.clear()
    rest = [item for page in both.all(lambda c: ask(c).pages(after=first.next_cursor)) for item in page.items]
    assert [*first.items, *rest] == whole
