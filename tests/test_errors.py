"""The tree of errors, what errors say, and what they never say."""

import inspect
import json
import pickle
import re
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest

from martech import errors
from martech.cli.app import exit_code
from martech.models import Job

CLASSES = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, errors.MartechError)
]


def drawn() -> dict[str, str | None]:
    """Return the tree of the docstring: each class with its parent."""
    parents: dict[str, str | None] = {}
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"(?P<lead>[ │├└─]*)(?P<name>[A-Z][A-Za-z]+)\b", line)
        if not found or not line.startswith("    "):
            continue
        depth = len(found["lead"])
        while path and path[-1][0] >= depth:
            path.pop()
        parents[found["name"]] = path[-1][1] if path else None
        path.append((depth, found["name"]))
    return parents


def made(kind: type[errors.MartechError], message: str = "it went wrong") -> errors.MartechError:
    """Return an error of a class with whatever it needs."""
    now = datetime(2026, 1, 5, tzinfo=UTC)
    job = Job(provider="acme", kind="contacts.import", parts=(), submitted_at=now)
    needs = {
        errors.UnsupportedOperation: {"word": "not_offered", "instead": "lists.delete"},
        errors.TransportError: {"maybe_processed": True},
        errors.OutcomeUnknown: {"send_key": "k-1", "cause": ValueError("x")},
        errors.JobFailed: {"job": job},
        errors.JobTimedOut: {"job": job},
        errors.MigrationStopped: {"checkpoint": "page 12"},
        errors.RateLimited: {"retry_at": now, "status": 429},
        errors.AlreadySent: {"send_key": "k-1", "vendor_id": "m-1", "accepted_at": now},
        errors.ProviderError: {"status": 400, "code": 7, "vendor_message": "no", "request_id": "r-1"},
        errors.UnexpectedResponse: {"status": 200, "excerpt": "<html>"},
    }
    given = next((needs[base] for base in kind.__mro__ if base in needs), {})
    return kind(message, provider="acme", operation="contacts.get", asked="GET /people/{email}", **given)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    actual = {
        kind.__name__: kind.__mro__[1].__name__ if kind is not errors.MartechError else None for kind in CLASSES
    }
    assert drawn() == actual


def test_every_error_is_public_and_sorted() -> None:
    assert errors.__all__ == sorted(kind.__name__ for kind in CLASSES)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_survives_a_journey_between_processes(kind: type[errors.MartechError]) -> None:
    error = made(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert again.details() == error.details()


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_says_who_what_and_where(kind: type[errors.MartechError]) -> None:
    text = str(made(kind))
    assert text.startswith("acme contacts.get: it went wrong")
    assert "GET /people/{email}" in text


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_has_an_exit_code_of_its_family(kind: type[errors.MartechError]) -> None:
    assert 1 <= exit_code(made(kind)) < 126


def test_families_have_different_exit_codes() -> None:
    families = [kind for kind in CLASSES if errors.MartechError in kind.__bases__]
    codes = {exit_code(made(kind)) for kind in families}
    assert len(codes) == len(families)


def test_what_the_vendor_said_is_shown_and_masked() -> None:
    error = errors.InvalidInput(
        "the vendor does not accept it",
        status=400,
        code="ERROR_1",
        vendor_message='ada.lovelace@example.org or +44 7700 900123 is bad, password="hunter2"',
    )
    text = str(error)
    assert "a…@example.org" in text
    assert "ERROR_1" in text
    for secret in ("lovelace", "900123", "hunter2"):
        assert secret not in text + repr(error) + str(error.details()) + repr(error.__dict__)


def test_the_message_itself_is_masked() -> None:
    error = errors.UnexpectedResponse("got grace@example.org", excerpt='{"access_token": "abc123"}')
    assert "grace" not in str(error) + repr(error) + repr(error.__dict__)
    assert "abc123" not in str(error) + repr(error) + repr(error.__dict__)


def test_an_unknown_outcome_names_its_cause_and_key() -> None:
    error = errors.OutcomeUnknown("nobody knows", send_key="order-17", cause=TimeoutError("for ada@example.org"))
    assert "order-17" in str(error)
    assert error.cause == "TimeoutError: for a…@example.org"


@pytest.mark.parametrize("secret", ["hunter2", "p+ss w/rd&1", 'quo"te\nline'])
def test_a_known_secret_is_taken_out_of_everything_an_error_says(secret: str) -> None:
    said = f"you sent {secret}, {quote(secret)}, {quote_plus(secret)} and {repr(secret)[1:-1]}"
    error = errors.InvalidInput(said, provider="acme", code=secret, hint=said, vendor_message=said)
    error.without([secret])
    for text in (str(error), repr(error), str(error.args), json.dumps(error.details())):
        for form in (secret, quote(secret), quote_plus(secret)):
            assert form not in text


def test_a_secret_too_short_to_be_one_takes_nothing_out() -> None:
    error = errors.InvalidInput("abc")
    error.without(["a", ""])
    assert error.message == "abc"


def test_an_excerpt_keeps_no_beginning_of_a_secret() -> None:
    secret = "s3cret-" * 40
    error = errors.UnexpectedResponse("no JSON", excerpt=f"{'x' * 100} {secret}")
    error.without([secret])
    assert "s3cret" not in str(error)
