"""What is assumed is put right by settings alone: an account that speaks otherwise is talked to all the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic_core import from_json, to_json

from martech import (
    AttributeType,
    Channel,
    Column,
    Contact,
    Dataset,
    EmailMessage,
    EngagementKind,
    IfNew,
    ItemOutcome,
    JobStatus,
    Record,
    ReportScope,
    Segments,
    SendStatus,
    own,
)
from martech.provider import HttpRequest, Response
from martech_dengage import assumed
from martech_dengage.mapping.words import ENGAGEMENTS, JOB_STATES, SEND_STATES

Start = Callable[..., Any]
DEFAULT = IfNew.VENDOR_DEFAULT
ELSEWHERE = "/elsewhere"


def otherwise(conversation: Any, *, fields: Mapping[str, str], words: Mapping[str, str], routes: str) -> None:
    """Let the pretended vendor speak otherwise on the routes named: each name of ours under one of its own.

    Args:
        conversation: Whose vendor.
        fields: Ours, then the vendor's.
        words: The same for words.
        routes: What the paths hold that this is about; they are moved as well.
    """
    back = {theirs: ours for ours, theirs in fields.items()}

    def answer(request: HttpRequest) -> Response | None:
        if routes not in request.url or request.url.endswith("/login"):
            return None
        body = to_json(renamed(from_json(request.body), back)) if request.body else b""
        url = request.url.replace(ELSEWHERE, "")
        for theirs, ours in back.items():
            url = url.replace(f"?{theirs}=", f"?{ours}=").replace(f"&{theirs}=", f"&{ours}=")
        response = conversation.emulator(replace(request, url=url, body=body))
        told = from_json(response.body) if response.body else {}
        return replace(response, body=to_json(renamed(told, fields, words)))

    conversation.answer = answer


def renamed(value: Any, fields: Mapping[str, str], words: Mapping[str, str] | None = None) -> Any:
    if isinstance(value, dict):
        return {fields.get(name, name): renamed(inner, fields, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, fields, words) for inner in value]
    return (words or {}).get(value, value) if isinstance(value, str) else value


def moved(*names: str) -> dict[str, str]:
    return {name: ELSEWHERE + assumed.PATHS[name] for name in names}


def test_every_assumed_word_is_one_that_is_read() -> None:
    assert JOB_STATES.keys() | SEND_STATES.keys() <= assumed.WORDS
    assert assumed.WORDS - JOB_STATES.keys() - SEND_STATES.keys() <= ENGAGEMENTS.keys()


def test_jobs_end_where_the_account_has_other_words_for_it(talk: Start) -> None:
    fields = {"status": "state", "inserted": "added", "updated": "changed"}
    words = {"DONE": "COMPLETED", "busy": "RUNNING", "NEW": "WAITING"}
    conversation = talk({"assumed_fields": fields, "assumed_words": words})
    ours = {"COMPLETED": "done", "RUNNING": "BUSY", "WAITING": "NEW"}
    otherwise(conversation, fields=fields, words=ours, routes="/bulk/async/contacts/")
    client = conversation.client()
    job = client.contacts.start_import([Contact(own_id="c-1")], if_new=DEFAULT)
    assert client.jobs.status(job).status is JobStatus.WAITING
    job = client.jobs.wait(job)
    assert [one.outcome for one in client.jobs.results(job)] == [ItemOutcome.CREATED]


def test_files_are_asked_about_where_the_account_has_their_jobs(talk: Start) -> None:
    paths = moved("upsert_file_job")
    conversation = talk({"assumed_paths": paths, "assumed_words": {"OK": "COMPLETED"}})
    otherwise(conversation, fields={}, words={"COMPLETED": "OK"}, routes=ELSEWHERE)
    client = conversation.client()
    columns = (Column(name="id", type=AttributeType.INTEGER, is_key=True, nullable=False),)
    made = client.datasets.create(Dataset(id="", name="shops", columns=columns))
    done = client.datasets.upsert_many(made.id, [Record(key=str(n)) for n in range(1_001)])
    assert done.counts == {ItemOutcome.SAVED: 1_001}
    assert [one for one in conversation.said if one.path.startswith(ELSEWHERE)]


def test_sends_and_their_reports_are_read_in_the_words_of_the_account(talk: Start) -> None:
    fields = {"sendId": "uuid", "contentId": "content", "status": "state", "totalSent": "sent", "limit": "take"}
    words = {"FINISHED": "COMPLETED", "OPENED": "OP"}
    paths = moved("create_send", "send", "send_overview", "send_opens", "email_logs")
    conversation = talk({"assumed_fields": fields, "assumed_words": words, "assumed_paths": paths})
    otherwise(conversation, fields=fields, words={"COMPLETED": "FINISHED", "OP": "opened"}, routes=ELSEWHERE)
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    letter = {
        "language": "EN",
        "subject": "s",
        "content": "<p></p>",
        "fromName": "n",
        "fromAddress": "a@acme.test",
    }
    content = conversation.emulator.add_content("email", "News", [letter])
    client = conversation.client()
    send = client.campaigns.send(content, to=Segments([conversation.emulator.add_segment("all")]))
    conversation.clock.advance(60)
    conversation.emulator.engage("c-1", "open")
    assert client.campaigns.send_status(send.id).status is SendStatus.SENT
    assert client.reports.counts(send.id, scope=ReportScope.SEND).sent == 1
    opened = client.reports.engagements(send_id=send.id, kinds=frozenset({EngagementKind.OPENED}))
    assert [one.own_id for one in opened] == ["c-1"]


def test_codes_of_a_transactional_report_are_put_right_too(talk: Start) -> None:
    conversation = talk({"assumed_words": {"OPEN": "OP"}})
    otherwise(conversation, fields={}, words={"OP": "OPEN"}, routes="/transactional/email?")
    client = conversation.client()
    receipt = client.messages.send_email(EmailMessage(to="ada@example.org", subject="s", html="<p></p>"))
    conversation.clock.advance(60)
    message = conversation.emulator.mail.with_tracking_id(receipt.message_id)[0]
    conversation.emulator.mail.happen(message, "OP")
    kinds = {one.kind for one in client.messages.status(receipt.message_id).engagements}
    assert kinds == {EngagementKind.DELIVERED, EngagementKind.OPENED}


@pytest.mark.parametrize("update_contact", ["yes_only", "always"])
def test_columns_of_the_customers_own_are_never_taken_for_assumed_fields(talk: Start, update_contact: str) -> None:
    conversation = talk({"assumed_fields": {"name": "title", "status": "state"}, "update_contact": update_contact})
    conversation.emulator.add_contact_column("status", "TEXT")
    client = conversation.client(contact_columns=("status",))
    client.contacts.create(Contact(own_id="c-1", first_name="Ada", attributes={"status": "gold"}), if_new=DEFAULT)
    client.contacts.update(Contact(own_id="c-1", first_name="Bo", attributes={"status": "silver"}))
    known = client.contacts.get(own("c-1"))
    assert (known.first_name, known.attributes) == ("Bo", {"status": "silver"})


@pytest.mark.parametrize("first", [0, 1])
def test_errors_are_counted_from_where_the_account_counts_them(talk: Start, first: int) -> None:
    conversation = talk({"errors_number_from": first}, refuse_half_of_rows=True)

    def counted(request: HttpRequest) -> Response | None:
        if "/sync/upsert" not in request.url:
            return None
        response = conversation.emulator(request)
        told = from_json(response.body)
        for error in told["data"]["errorList"]:
            error["rowIndex"] += first
        return replace(response, body=to_json(told))

    conversation.answer = counted
    conversation.emulator.seed_people([{"key": f"c-{n}"} for n in range(4)])
    client = conversation.client()
    made = client.lists.create("weekly")
    added = client.lists.add(made.id, [own(f"c-{n}") for n in range(4)])
    assert [one.ok for one in added.items] == [True, False, True, False]


def test_numbers_of_errors_tell_nothing_where_a_part_is_several_jobs(talk: Start) -> None:
    conversation = talk({"look_first": False})

    def by_number(request: HttpRequest) -> Response | None:
        if "/bulk/async/contacts/" not in request.url:
            return None
        response = conversation.emulator(request)
        told = from_json(response.body)
        told["data"] |= {"inserted": told["data"]["inserted"][1:], "errors": [{"row": 0, "message": "no"}]}
        return replace(response, body=to_json(told))

    conversation.answer = by_number
    people = [Contact(own_id=f"c-{n}", **{name: "x"}) for n, name in enumerate(["first_name", "last_name"] * 2)]
    client = conversation.client()
    job = client.jobs.wait(client.contacts.start_import(people, if_new=DEFAULT))
    outcomes = [one.outcome for one in client.jobs.results(job)]
    assert outcomes == [ItemOutcome.UNKNOWN, ItemOutcome.UNKNOWN, ItemOutcome.CREATED, ItemOutcome.CREATED]
    alone = client.jobs.wait(client.contacts.start_import(people[::2], if_new=DEFAULT))
    assert client.jobs.results(alone)[0].outcome is not ItemOutcome.CREATED


def test_an_opt_out_survives_fields_with_other_names(talk: Start) -> None:
    conversation = talk({"assumed_fields": {"contact": "person"}})
    otherwise(conversation, fields={"contact": "person"}, words={}, routes="/rest/contacts")
    done = conversation.client().contacts.upsert(
        Contact(own_id="c-1", email="a@example.org"), if_new=IfNew.NOT_CONTACTABLE
    )
    assert done.outcome is ItemOutcome.CREATED
    assert conversation.emulator.contactable("c-1", Channel.EMAIL.value) is False
