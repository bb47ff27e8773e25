"""The mapping: data that is checked against both sides, and tells what it loses."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from martech.errors import BrokenInput, InvalidRequest
from martech.migration.mapping import LossKind, MappingRules, Schema, converted, proposed, read_mapping, resolved
from martech.models import AttributeDefinition, AttributeType, Contact
from martech.provider import Free, Keeping, NameRule

T = AttributeType
KEEPING = Keeping(
    fields=frozenset({"email", "own_id", "first_name", "last_name"}),
    types={T.INTEGER: T.NUMBER, T.DATE: T.DATETIME},
    names=NameRule(longest=10, letters="[A-Za-z0-9_]", capitals=True, taken=frozenset({"email"})),
    merge_tag="@NAME@",
)
ATTRIBUTES = (AttributeDefinition(name="TOWN"), AttributeDefinition(name="AGE", type=T.NUMBER))
TARGET = Schema("Target", KEEPING, ATTRIBUTES, creates_attributes=True)
CLOSED = Schema("Closed", KEEPING, TARGET.attributes)


def mapped(
    told: dict[str, Any], contact: Contact, source: dict[str, T], target: Schema = TARGET
) -> tuple[Contact, list[str]]:
    done = resolved(MappingRules.model_validate(told), source, target).translate(contact)
    return done.contact, [f"{one.kind} {one.name}" for one in done.lost]


@pytest.mark.parametrize(("text", "said"), [
    ("[attributes.CITY\n", "is no TOML"),
    ('[attributes.CITY]\nto = "TOWN"\ncolour = "red"', "attributes.CITY.colour is nothing that a mapping says"),
    ('[attributes.CITY]\nto = "TOWN"\ndrop = true', "attributes.CITY: only one of"),
    ('[attributes.CITY]\nconvert = "colour"', "attributes.CITY.convert"),
    ('[fields.shoe]\ndrop = true', "fields.shoe"),
    ("version = 2", "version"),
])  # fmt: skip
def test_what_no_mapping_says_is_refused_with_the_file_and_the_key(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(BrokenInput, match=r"map\.toml") as refused:
        read_mapping(path)
    assert said in str(refused.value)


def test_it_is_held_against_both_schemas_and_tells_every_problem_at_once() -> None:
    rules = MappingRules.model_validate({
        "attributes": {
            "NOWHERE": {"drop": True}, "CITY": {"to": "TOWN"}, "PLACE": {"to": "TOWN"},
            "NAME": {"to": "b l a n k"},
        },
    })  # fmt: skip
    source = {"CITY": T.TEXT, "PLACE": T.TEXT, "NAME": T.TEXT}
    with pytest.raises(InvalidRequest) as refused:
        resolved(rules, source, TARGET, name="map.toml")
    words = str(refused.value)
    assert "map.toml: attributes.NOWHERE: the source has no such attribute" in words
    assert "'TOWN' is written by attributes.CITY.to too" in words
    assert "attributes.NAME.to: the name 'b l a n k' holds letters" in words
    with pytest.raises(InvalidRequest, match="none can be made there"):
        resolved(MappingRules.model_validate({"attributes": {"CITY": {"to": "PLACE"}}}), source, CLOSED)


@pytest.mark.parametrize(("told", "loses"), [
    ({"fields": {"own_id": {"drop": True}}}, True),
    ({"fields": {"own_id": {"to": "NUMBER"}}}, True),
    ({"fields": {"own_id": {"to": "NUMBER"}, "email": {"drop": True}}}, True),
    ({"fields": {"email": {"drop": True}}}, False),
    ({"fields": {"own_id": {"to": "NUMBER"}}, "people": {"own_id_from": "email"}}, False),
    ({"fields": {"own_id": {"drop": True}}, "attributes": {"CUSTOMER": {"to_field": "own_id"}}}, False),
])  # fmt: skip
def test_a_mapping_that_loses_how_the_target_knows_people_is_refused(told: dict[str, Any], loses: bool) -> None:
    target = Schema("Target", KEEPING, ATTRIBUTES, creates_attributes=True, named_by=("own_id",))
    rules = MappingRules.model_validate(told)
    if loses:
        with pytest.raises(InvalidRequest, match=r"fields\.own_id: Target knows people by nothing else"):
            resolved(rules, {"CUSTOMER": T.TEXT}, target)
    else:
        resolved(rules, {"CUSTOMER": T.TEXT}, target)
    resolved(rules, {"CUSTOMER": T.TEXT}, replace(target, named_by=("custom_ids", "own_id")))


def test_rename_convert_drop_split_and_constants() -> None:
    told = {
        "attributes": {
            "CITY": {"to": "TOWN"},
            "SHOE": {"to": "AGE", "convert": "number"},
            "SECRET": {"drop": True},
            "WHOLE": {"split": {"at": " ", "into": ["first_name", "last_name"]}},
            "NO": {"to_field": "own_id"},
        },
        "constants": {"ORIGIN": "moved"},
    }
    source = dict.fromkeys(("CITY", "SHOE", "SECRET", "WHOLE", "NO"), T.TEXT)
    values = {"CITY": "London", "SHOE": "42", "SECRET": "x", "WHOLE": "Ada King Noel", "NO": "7"}
    given = Contact(email="ada@example.org", attributes=values)
    made, lost = mapped(told, given, source)
    assert made.attributes == {"TOWN": "London", "AGE": 42, "ORIGIN": "moved"}
    assert (made.first_name, made.last_name, made.own_id) == ("Ada", "King Noel", "7")
    assert "attribute SECRET" in lost


def test_a_field_without_a_place_is_told_and_can_be_kept_as_an_attribute() -> None:
    given = Contact(email="ada@example.org", mobile="+447700900123", custom_ids={"loyalty": "l"})
    made, lost = mapped({}, given, {})
    assert not made.given("mobile")
    assert lost == ["field mobile", "field custom_ids.loyalty"]
    made, lost = mapped({"fields": {"mobile": {"to": "PHONE"}}}, given, {})
    assert made.attributes == {"PHONE": "+447700900123"}


def test_names_that_the_target_does_not_take_are_fitted_and_never_put_together() -> None:
    source = {"a long name 1": T.TEXT, "a long name 2": T.TEXT, "city": T.TEXT, "CITY": T.TEXT, "email": T.TEXT}
    translation = resolved(MappingRules(), source, TARGET)
    targets = [route.target for route in translation.routes.values()]
    assert len(set(targets)) == len(targets)
    assert all(target and KEEPING.names.problem(target) is None for target in targets)
    given = Contact(email="ada@example.org", attributes=dict.fromkeys(source, "x"))
    assert {one.name for one in translation.translate(given).lost if one.kind is LossKind.ATTRIBUTE_RENAMED} >= {
        "a long name 1", "a long name 2", "email",
    }  # fmt: skip


def test_a_value_that_is_none_of_the_type_is_left_out_and_counted_and_never_repeated() -> None:
    given = Contact(email="ada@example.org", attributes={"AGE": "thirty-six"})
    done = resolved(MappingRules(), {"AGE": T.TEXT}, TARGET).translate(given)
    assert not done.contact.attributes
    assert [one.kind for one in done.lost] == [LossKind.VALUE]
    assert "thirty" not in repr(done.lost)


def test_what_the_source_does_not_have_is_left_alone_at_the_target() -> None:
    made, _ = mapped(
        {}, Contact(email="ada@example.org", first_name=None, attributes={"AGE": None}), {"AGE": T.INTEGER}
    )
    assert made.model_fields_set == {"email"}


def test_nothing_becomes_public_unless_somebody_names_it() -> None:
    public = Schema("Public", Keeping(free=Free.PUBLIC, fixed={"city": T.TEXT}))
    given = Contact(email="ada@example.org", attributes={"city": "London", "salary": 7})
    source = {"city": T.TEXT, "salary": T.INTEGER}
    made, lost = mapped({}, given, source, public)
    assert made.attributes == {"city": "London"}
    assert lost == ["attribute_public salary"]
    made, _ = mapped({"attributes": {"salary": {"to": "salary"}}}, given, source, public)
    assert made.attributes["salary"] == 7


def test_somebody_in_the_bin_comes_along_only_for_their_no() -> None:
    from martech.models import Channel, Subscription, SubscriptionStatus

    translation = resolved(MappingRules(), {}, TARGET)
    gone = Contact(email="ada@example.org", first_name="Ada", deleted=True)
    no = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)
    done = translation.translate(gone.model_copy(update={"subscriptions": (no,)}))
    assert done.contact.model_fields_set == {"email"}


@pytest.mark.parametrize(("value", "kind", "expected"), [
    ("42", T.NUMBER, 42), ("2.5", T.NUMBER, 2.5), (2.0, T.INTEGER, 2), ("yes", T.BOOLEAN, True),
    (0, T.BOOLEAN, False),
    (True, T.TEXT, "true"), (3.0, T.TEXT, "3"), (date(2024, 2, 29), T.TEXT, "2024-02-29"),
    ("2024-02-29T10:00:00Z", T.DATE, date(2024, 2, 29)),
    ("2024-02-29", T.DATETIME, datetime(2024, 2, 29, tzinfo=UTC)),
])  # fmt: skip
def test_values_are_converted(value: Any, kind: T, expected: Any) -> None:
    assert converted(value, kind) == expected


@pytest.mark.parametrize(("value", "kind"), [
    ("abc", T.NUMBER), ("nan", T.NUMBER), (True, T.NUMBER), (2.5, T.INTEGER), ("perhaps", T.BOOLEAN),
    ("soon", T.DATE),
    (2, T.BOOLEAN),
])  # fmt: skip
def test_what_is_none_of_a_type_is_not_guessed(value: Any, kind: T) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        converted(value, kind)
    assert repr(value) not in str(refused.value) or value in (True, 2)


def test_a_proposal_can_be_read_back_and_resolves(tmp_path: Path) -> None:
    source = {"Town": T.TEXT, "age": T.INTEGER, "a very long name": T.DATE, 'odd "name"': T.BOOLEAN}
    for target in (TARGET, CLOSED):
        path = tmp_path / "map.toml"
        path.write_text(proposed(source, target))
        translation = resolved(read_mapping(path), source, target)
        assert set(translation.routes) == set(source)
