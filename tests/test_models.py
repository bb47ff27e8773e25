"""The neutral vocabulary: frozen, exact about what was given, silent about persons."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from martech import models
from martech.models import (
    Contact,
    EmailMessage,
    Everyone,
    Identifier,
    IdentifierKind,
    Lists,
    Mailbox,
    People,
    Receipt,
    Report,
    ReportScope,
    custom,
    email,
    mobile,
    own,
    vendor_id,
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" ada@example.org ", "ada@example.org"),
        ("Ada.Lovelace+x@EXAMPLE.Org", "Ada.Lovelace+x@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("ada@b\u00fccher.example", "ada@b\u00fccher.example"),
        ("\u0107iro@example.org", "\u0107iro@example.org"),
        ("x" * 64 + "@example.org", "x" * 64 + "@example.org"),
    ],
)
def test_addresses_are_taken_as_people_write_them(text: str, kept: str) -> None:
    assert email(text).value == kept


@pytest.mark.parametrize(
    "text",
    ["", "ada", "@example.org", "ada@", "ada@@example.org", "a b@example.org", "ada@example", "ada..l@example.org",
     ".ada@example.org", "ada@-example.org", "ada@example.org\nbcc: x@example.org", "x" * 65 + "@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address") as refused:
        email(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("+44 7700 900123", "+447700900123"), ("0044 (7700) 900-123", "+447700900123"),
     ("447700900123", "+447700900123"), ("+49.151.234.5678", "+491512345678")],
)  # fmt: skip
def test_numbers_are_kept_in_international_form(text: str, kept: str) -> None:
    assert mobile(text).value == kept


@pytest.mark.parametrize(
    "text", ["", "07700 900123", "12", "+1", "phone", "+44 7700 90012x", "1" * 16, "\u0661" * 9]
)
def test_what_is_no_international_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="phone number"):
        mobile(text)


def test_an_identifier_is_of_a_kind_there_is() -> None:
    given: Any = "own"
    assert Identifier(given, "c-1") == own("c-1")
    assert Identifier(given, "c-1").kind is IdentifierKind.OWN
    with pytest.raises(ValueError, match="own_id"):
        Identifier("own_id", "c-1")  # type: ignore[arg-type]  # what is tested


def test_identifiers_are_equal_by_what_they_name() -> None:
    assert email("Ada@example.org").key == email("ada@EXAMPLE.org").key
    assert own("Ada").key != own("ada").key
    assert custom("crm", "7").key != custom("erp", "7").key
    assert own(7) == Identifier(IdentifierKind.OWN, "7")
    for make in (own, vendor_id):
        with pytest.raises(ValueError, match="empty"):
            make(" ")


SECRETS = ("lovelace", "900123", "c-17x", "hunter", "Grace", "1815")


def test_no_repr_shows_a_person() -> None:
    contact = Contact(
        email="lovelace@example.org", mobile="+447700900123", own_id="c-17x", first_name="Grace",
        custom_ids={"crm": "hunter"}, attributes={"born": "1815"}, raw={"x": "hunter"},
    )  # fmt: skip
    message = EmailMessage(to="Grace <lovelace@example.org>", subject="Hi", html="<p>hunter</p>")
    shown = [repr(contact), str(contact), repr(message), *(repr(one) for one in contact.identifiers())]
    assert not [secret for secret in SECRETS for text in shown if secret in text]
    with pytest.raises(ValidationError) as wrong:
        Contact(email="lovelace at example.org", first_name=["Grace"])
    assert not [secret for secret in SECRETS if secret in str(wrong.value)]


def test_not_given_and_cleared_are_different_and_survive_json() -> None:
    contact = Contact(email="ada@example.org", first_name=None)
    assert contact.given("first_name")
    assert not contact.given("last_name")
    again = Contact.model_validate_json(contact.model_dump_json(exclude_unset=True))
    assert again.model_fields_set == {"email", "first_name"}
    assert contact.model_copy().model_fields_set == {"email", "first_name"}


def test_the_untouched_answer_is_no_part_of_equality_or_json() -> None:
    one, two = Contact(email="a@example.org", raw={"x": 1}), Contact(email="a@example.org", raw={"y": 2})
    assert one == two
    assert hash(one) == hash(two)
    assert "raw" not in one.model_dump()
    assert one != Contact(email="b@example.org")
    assert one != "a@example.org"


def test_models_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Contact(email="a@example.org").email = "b@example.org"  # type: ignore[misc]  # that is the point
    with pytest.raises(ValidationError):
        Contact(emial="a@example.org")  # type: ignore[call-arg]  # that is the point


@pytest.mark.parametrize("members", [[], (), "12"])
def test_an_empty_audience_cannot_be_said(members: list[str]) -> None:
    with pytest.raises(ValueError, match="Everyone"):
        Lists(members)
    with pytest.raises(ValueError, match="Everyone"):
        People(members)  # type: ignore[arg-type]  # that is the point
    assert Everyone().kind == "everyone"


def test_mailboxes_are_read_from_text() -> None:
    message = EmailMessage(
        to=["Ada L. <ada@example.org>", '"Smith, J." <j@example.org>', "x@example.org"], subject=""
    )
    assert [one.name for one in message.to] == ["Ada L.", "Smith, J.", None]
    assert message.to[1].formatted() == '"Smith, J." <j@example.org>'
    assert Mailbox(address="x@example.org").formatted() == "x@example.org"


def test_rates_are_fractions_and_none_where_their_base_is_missing() -> None:
    report = Report(
        scope=ReportScope.CAMPAIGN, subject_id="1", sent=200, delivered=180, unique_opens=90, hard_bounces=20
    )
    assert (report.delivery_rate, report.open_rate, report.bounce_rate) == (0.9, 0.5, 0.1)
    assert report.click_rate is None
    assert Report(scope=ReportScope.CAMPAIGN, subject_id="1", sent=0, delivered=0).delivery_rate is None


@given(st.builds(Contact, first_name=st.none() | st.text(max_size=9), last_name=st.none() | st.text(max_size=9)),
       st.builds(Contact, first_name=st.none() | st.text(max_size=9)))  # fmt: skip
def test_the_later_of_two_says_what_counts(earlier: Contact, later: Contact) -> None:
    both = later.over(earlier)
    assert both.model_fields_set == earlier.model_fields_set | later.model_fields_set
    assert both.first_name == later.first_name
    assert both.last_name == earlier.last_name


def test_a_receipt_is_storable() -> None:
    receipt = Receipt(message_id="m", channel=models.Channel.EMAIL, send_key="k")
    assert Receipt.model_validate_json(receipt.model_dump_json()) == receipt
