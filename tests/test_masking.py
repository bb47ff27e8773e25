"""Personal data and secrets are taken out of text."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martech.masking import mask


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
