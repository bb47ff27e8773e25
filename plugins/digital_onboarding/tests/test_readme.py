"""The README says what is there: every setting, every operation of the vendor's page, every test it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from martech.provider import Capability, Provenance, capabilities, native_capabilities
from martech_digital_onboarding import assumed
from martech_digital_onboarding.provider import DigitalOnboarding
from martech_digital_onboarding.settings import DigitalOnboardingSettings

PROVIDER = DigitalOnboarding.with_settings({"client_id": "i", "client_secret": "s"})
VERBS = capabilities(PROVIDER)
NATIVE = native_capabilities(PROVIDER)
HERE = Path(__file__).parent
README = (HERE.parent / "README.md").read_text(encoding="utf-8")
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
NAMED = (
    "/oauth2/token", "invalid_token", "query string", "HTTPS", "`POST /v1/contacts`, one",
    "`POST /v1/contacts`, a batch", "unique IDs", "unsubscribe_email", "unsubscribe_sms", "meta_public",
    "journey.template_id", "/v1/templates/:template_id/journeys", "`GET /v1/templates`", "`GET /v1/objectives`",
    "completing objectives",
)  # fmt: skip
"""What the vendor's API page names."""
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in README.splitlines()
    if line.startswith("|") and line.count("|") == 6
]
OPERATIONS = {row[0]: row for row in ROWS if row[0] not in ("operation (seed)", "---")}


def test_every_operation_the_vendor_names_has_a_line() -> None:
    assert [name for name in NAMED if not any(name in operation for operation in OPERATIONS)] == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_line_names_calls_that_are_there_and_a_test_that_is(operation: str) -> None:
    _, neutral, native, _, test = OPERATIONS[operation]
    assert [verb for verb in called(neutral) if verb not in VERBS or not VERBS[verb].supported] == []
    assert [call for call in called(native) if call not in NATIVE] == []
    assert neutral or native
    assert f"def {test.strip('`')}(" in TESTS, test


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_line_says_how_it_is_known_as_the_marks_in_the_code_do(operation: str) -> None:
    _, neutral, native, said, _ = OPERATIONS[operation]
    known: list[Capability] = [VERBS[verb] for verb in called(neutral)] + [NATIVE[call] for call in called(native)]
    assert Provenance.DOCUMENTED in said
    if known:
        assert (Provenance.ASSUMED in said) == any(one.provenance is Provenance.ASSUMED for one in known)


def test_every_verb_that_sends_and_every_native_operation_has_a_line() -> None:
    named = {call for row in OPERATIONS.values() for cell in row[1:3] for call in called(cell)}
    silent = {"account.limits", "account.identifiers"}
    assert {verb for verb, one in VERBS.items() if one.supported} - silent == named & VERBS.keys()
    assert set(NATIVE) == named & NATIVE.keys()


def test_every_setting_is_explained_and_every_assumption_names_settings_that_are_there() -> None:
    for name in DigitalOnboardingSettings.model_fields:
        assert f"`{name}`" in README, name
    assert {name for names in assumed.SETTINGS.values() for name in names} <= set(
        DigitalOnboardingSettings.model_fields
    )


def called(cell: str) -> list[str]:
    """Return the calls a cell names."""
    return re.findall(r"`(\w+\.\w+)`", cell)
