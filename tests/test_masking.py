"""Personal data and secrets are taken out of text."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martech.masking import kept_key, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ada@example.org is gone", "a…@example.org is gone"),
        ("/people/ada%40example.org", "/people/a…@example.org"),
        ("call +44 7700 900123 now", "call …23 now"),
        ("gsm 905351234567", "gsm …67"),
        ('{"password": "hunter2", "name": "x"}', '{"password": ***, "name": "x"}'),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("userkey=abc&next=1", "userkey=***&next=1"),
        ("job d7de900d-d337-43f6-b1e1-c8ec73e1a434 failed", "job d7de900d-d337-43f6-b1e1-c8ec73e1a434 failed"),
        ("2026-01-05T09:30:00Z", "2026-01-05T09:30:00Z"),
        ("HTTP 429, 1000 rows", "HTTP 429, 1000 rows"),
    ],
)
def test_what_is_personal_or_secret_is_hidden_and_ids_and_times_are_not(text: str, masked: str) -> None:
    assert mask(text) == masked


NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789._+-", min_size=4, max_size=20).filter(
    lambda name: name[0].isalpha() and name[-1].isalnum()
)


@given(name=NAMES, before=st.text(max_size=20), after=st.text(max_size=20))
def test_no_name_of_an_address_survives_whatever_surrounds_it(name: str, before: str, after: str) -> None:
    text = mask(f"{before} {name}@example.org {after}")
    assert f"{name}@" not in text


@given(st.text(max_size=200))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize("word", ["x", "@", "%40", "a@", "7 ", "secret=", "\u00e9"])
def test_a_long_word_is_masked_in_no_time(word: str) -> None:
    began = process_time()
    mask(word * 100_000)
    assert process_time() - began < 5


def test_a_name_that_holds_an_encoded_at_is_one_name() -> None:
    assert mask("x%40bob@example.org") == "x…@example.org"
    assert mask("bob%40example.org and ada@example.org") == "b…@example.org and a…@example.org"


@pytest.mark.parametrize("key", ["order-7", "1234567890", "a b", "w/0", "retry@2", "ü-7", "[/]", "k" * 200])
def test_a_key_that_names_nobody_is_kept_as_it_is(key: str) -> None:
    assert kept_key(key) == key


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("welcome/ada@example.org", "welcome/person-62cea0a26d0e4a9f"),
        ("welcome-ada%40example.org", "person-5c59aa670991703d"),
        ("sms/+447700900123", "sms/person-dc01e5f665158bf8"),
        ("line\nbreak", "line_break-d89269556270ce74"),
        ("\x1b[31mred", "_[31mred-8bcf5091cc941285"),
    ],
)
def test_a_key_that_names_a_person_or_cannot_be_shown_is_kept_as_a_digest_that_never_changes(
    key: str, kept: str
) -> None:
    assert kept_key(key) == kept


@given(key=st.text(max_size=300))
def test_a_kept_key_is_kept_as_it_is_and_can_be_shown(key: str) -> None:
    kept = kept_key(key)
    assert kept_key(kept) == kept
    assert kept.isprintable()
    assert len(kept) <= 200


@given(name=NAMES, other=NAMES)
def test_two_keys_stay_two_keys_and_show_neither_name(name: str, other: str) -> None:
    one, two = kept_key(f"w/{name}@example.org"), kept_key(f"w/{other}@example.org")
    assert (one == two) == (name == other)
    assert name not in one.removeprefix("w/person-")
