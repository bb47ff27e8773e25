"""The descriptors: one body, two faces, and what editors and `help` see of them."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes import Vendor, aclient, answer, client

from martech.client import AsyncClient, Client, Rows
from martech.client.contacts import Contacts
from martech.errors import ConfigurationError, InvalidRequest, UnexpectedResponse
from martech.models import Contact, own
from martech.provider.grid import GRID
from martech.testing.connecting import Bench
from martech.testing.promises.samples import LISTINGS, SAMPLES


def methods() -> list[tuple[str, str]]:
    return [(row, verb) for row, verbs in GRID.items() for verb in verbs]


@pytest.mark.parametrize(("row", "verb"), methods())
def test_every_verb_of_the_grid_is_a_method_of_both_faces(row: str, verb: str, table: Bench) -> None:
    for one in (table.client(), table.aclient()):
        method = getattr(getattr(one, row), verb)
        assert inspect.ismethod(method)
        assert method.__name__ == verb
        assert (method.__doc__ or "").strip().split("\n")[0].endswith((".", ":")), "one sentence first"


def test_no_method_of_a_row_is_missing_from_the_grid(table: Bench) -> None:
    one = table.client()
    for row, verbs in GRID.items():
        resource = getattr(one, row)
        public = {name for name in dir(type(resource)) if not name.startswith("_") and name != "row"}
        assert public == set(verbs), row


def test_the_kit_has_a_sample_of_every_verb() -> None:
    assert set(SAMPLES) == {f"{row}.{verb}" for row, verb in methods()}
    assert set(SAMPLES) >= LISTINGS


def test_signatures_are_those_of_the_body_without_what_is_ours(table: Bench) -> None:
    contacts = table.client().contacts
    assert list(inspect.signature(contacts.get).parameters) == ["ref"]
    assert list(inspect.signature(contacts.list).parameters)[:2] == ["changed_since", "created_since"]
    assert str(inspect.signature(contacts.list).return_annotation) == "Listing"
    assert str(inspect.signature(table.aclient().contacts.list).return_annotation) == "AsyncListing"
    assert list(inspect.signature(contacts.upsert_stream).parameters)[:2] == ["inputs", "if_new"]
    assert inspect.iscoroutinefunction(table.aclient().contacts.get)
    assert not inspect.iscoroutinefunction(contacts.get)


def test_a_method_asked_of_the_class_is_the_descriptor_itself() -> None:
    assert Contacts.get.__doc__
    assert Contacts.list.__name__ == "list"


def test_a_bare_text_that_is_no_address_is_refused_before_anything_is_sent() -> None:
    vendor = Vendor()
    with pytest.raises(InvalidRequest, match="only if it is an e-mail address"):
        client(app=vendor).contacts.get("c-1")
    with pytest.raises(InvalidRequest):
        asyncio.run(aclient(app=vendor).contacts.get("c-1"))
    assert vendor.asked == []


PAGES = [
    answer({"people": ["a@example.org", "b@example.org"], "next": "p2"}),
    answer({"people": [], "next": "p3"}),
    answer({"people": ["c@example.org"]}),
]


def test_a_listing_goes_through_empty_pages_to_the_end() -> None:
    vendor = Vendor(*PAGES)
    assert [one.email for one in client(app=vendor).contacts.list()] == [f"{x}@example.org" for x in "abc"]
    assert [request.url.partition("?")[2] for request in vendor.asked] == ["", "after=p2", "after=p3"]

    async def scenario() -> list[str | None]:
        return [one.email async for one in aclient(app=Vendor(*PAGES)).contacts.list()]

    assert asyncio.run(scenario()) == [f"{x}@example.org" for x in "abc"]


def test_pages_carry_the_cursor_to_go_on_from() -> None:
    pages = list(client(app=Vendor(*PAGES)).contacts.list().pages())
    assert [page.next_cursor for page in pages] == ["p2", "p3", None]
    vendor = Vendor(PAGES[2])
    rest = list(client(app=vendor).contacts.list().pages(after="p3"))
    assert [one.email for one in rest[0].items] == ["c@example.org"]
    assert vendor.asked[0].url.endswith("after=p3")


@pytest.mark.parametrize("cycle", [["p1"], ["p1", "p2"], ["p1", "p2", "p3", "p4", "p5"]])
def test_a_listing_that_goes_round_in_circles_is_refused(cycle: list[str]) -> None:
    def looping() -> Vendor:
        return Vendor(*[answer({"people": ["a@example.org"], "next": cursor}) for cursor in cycle * 20])

    with pytest.raises(UnexpectedResponse, match="never end"):
        list(client(app=looping()).contacts.list())

    async def scenario() -> None:
        async for _ in aclient(app=looping()).contacts.list():
            pass

    with pytest.raises(UnexpectedResponse, match="never end"):
        asyncio.run(scenario())


def test_an_error_in_the_middle_of_a_listing_loses_nothing_that_came_before() -> None:
    vendor = Vendor(PAGES[0], answer({}, 400), PAGES[2])
    pages = client(app=vendor).contacts.list().pages()
    first = next(pages)
    with pytest.raises(Exception, match="not accept"):
        next(pages)
    rest = list(client(app=vendor).contacts.list().pages(after=first.next_cursor))
    assert [one.email for page in (first, *rest) for one in page.items] == [f"{x}@example.org" for x in "abc"]


def test_a_stream_takes_asynchronous_inputs_on_the_asyncio_face(table: Bench) -> None:
    async def people() -> Any:
        for number in range(30):
            await asyncio.sleep(0)
            yield Contact(email=f"p{number}@example.org")

    async def scenario() -> list[int]:
        async with table.aclient() as one:
            stream = one.contacts.upsert_stream(people(), if_new="not_contactable")  # type: ignore[arg-type]  # text is taken too
            return [result.position async for result in stream]

    assert asyncio.run(scenario()) == list(range(30))


def test_an_error_of_the_inputs_comes_through_a_stream(table: Bench) -> None:
    def people() -> Any:
        yield Contact(email="a@example.org")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(table.client().contacts.upsert_stream(people(), if_new="vendor_default"))  # type: ignore[arg-type]  # text is taken too


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_settings_that_are_wrong_missing_or_unknown_are_named_without_their_values(
    make: Callable[..., Any],
) -> None:
    with pytest.raises(ConfigurationError) as missing:
        make("example", name="robin")
    assert "passphrase is missing" in str(missing.value)
    with pytest.raises(ConfigurationError) as unknown:
        make("example", name="robin", passphrase="hunter2", pasphrase="hunter3")
    assert "pasphrase is no setting of Pigeonpost" in str(unknown.value)
    with pytest.raises(ConfigurationError) as wrong:
        make("example", name=["hunter2"], passphrase="hunter2")
    for error in (missing, unknown, wrong):
        assert "hunter" not in str(error.value) + repr(error.value)


def test_an_async_client_outside_a_loop_says_so(table: Bench) -> None:
    one = table.aclient()
    work = one.contacts.get(own("x"))
    with pytest.raises(ConfigurationError, match="event loop"):
        work.send(None)
    with pytest.raises(ConfigurationError, match="event loop"):
        one.contacts.upsert_stream([], if_new="vendor_default")  # type: ignore[arg-type]  # text is taken too


def test_a_clock_of_another_speed_is_for_this_machine_only() -> None:
    settings = {"name": "robin", "passphrase": "x", "speed": 60, "speed_since": "2026-01-05T00:00:00+00:00"}
    Client("example", **settings, base_url="http://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="emulators"):
        Client("example", **settings)
    with pytest.raises(ConfigurationError, match="speed_since"):
        Client("example", name="robin", passphrase="x", base_url="http://127.0.0.1:1", speed=60)


def test_rows_are_neither_face() -> None:
    with pytest.raises(ConfigurationError, match="AsyncClient"):
        Rows("example", name="robin", passphrase="x")


def test_one_asynchronous_client_works_on_several_loops(table: Bench) -> None:
    one = table.aclient()
    for _ in range(3):
        assert asyncio.run(one.account.verify()).ok


def test_supports_answers_without_a_request(table: Bench) -> None:
    one = table.client()
    assert one.supports("contacts.get", ref=own("x")) is False
    assert one.supports("contacts.get")
    assert not one.supports("messages.send_sms")
    assert "no SMS" in (one.why_not("messages.send_sms") or "")
    assert one.why_not("contacts.get") is None
    assert one.capabilities()["lists.clear"].no is not None
    with pytest.raises(KeyError):
        one.supports("contacts.teleport")
    assert table.emulator.ledger.total == 0
