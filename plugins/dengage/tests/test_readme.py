"""The README says what is there: every setting, every operation of the source document, every test it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from martech.provider import Capability, Provenance, capabilities, native_capabilities
from martech_dengage import assumed
from martech_dengage.provider import Dengage
from martech_dengage.settings import DengageSettings

PROVIDER = Dengage.with_settings({"userkey": "u", "password": "p"})
VERBS = capabilities(PROVIDER)
NATIVE = native_capabilities(PROVIDER)
HERE = Path(__file__).parent
README = (HERE.parent / "README.md").read_text(encoding="utf-8")
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
NAMED = (
    "Login", "CreateTable", "TruncateTable", "DropTable", "Synchronous DeleteData", "Asynchronous DeleteData",
    "Synchronous Upsert Data", "Asynchronous Upsert Data", "GetAsyncJobStatus", "InsertContact", "GetContact",
    "UpdateContact", "GetUpdateLog", "GetEmailContent", "GetSmsContent", "CreateEmailContent", "CreateSmsContent",
    "UpdateEmailContent", "UpdateSmsContent", "DeleteEmailContent", "DeleteSmsContent", "CreateEmailSend",
    "GetEmailSend", "PauseEmailSend", "ResumeEmailSend", "CancelEmailSend", "GetEmailSendBounces",
    "GetEmailSendClicks", "GetEmailSendOpens", "GetEmailSendOverview", "CreateSMSSend", "GetSMSSendOverview",
    "GetSMSSendReport", "CancelSMSSend", "PauseSMSSend", "ResumeSMSSend", "GetEmailBounceLogs", "GetEmailLogs",
    "GetEmailSpamLogs", "GetEmailUnsubscribeLogs", "GetTransactionalEmailReport", "GetTransactionalSmsReport",
    "SendTransactionalEmail", "SendTransactionalSms", "GetEmailFroms", "GetBulkVmtaList",
    "GetTransactionalVmtaList",
)  # fmt: skip
"""The operations that the vendor's standard API documentation names."""
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in README.splitlines()
    if line.startswith("|") and line.count("|") == 6
]
OPERATIONS = {row[0]: row for row in ROWS if row[0] not in ("operation", "---")}
EVERY_CALL = {"Login", "DateTime formats"}
"""What no single call stands for."""


def test_every_operation_the_vendor_names_has_a_line() -> None:
    assert set(NAMED) <= set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_line_names_calls_that_are_there_and_a_test_that_is(operation: str) -> None:
    _, neutral, native, _, test = OPERATIONS[operation]
    assert [verb for verb in called(neutral) if verb not in VERBS or not VERBS[verb].supported] == []
    assert [call for call in called(native) if f"native.{call}" not in NATIVE] == []
    assert neutral or native
    assert f"def {test.strip('`')}(" in TESTS, test


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in EVERY_CALL])
def test_a_line_says_how_it_is_known_as_the_marks_in_the_code_do(operation: str) -> None:
    said = OPERATIONS[operation][3]
    marks = [way for one in calls(operation) for way in (one.ways or (one,)) if way.supported]
    known = {one.provenance for one in marks}
    # A call may rest on more than the operation of its line, so the line tells every sort that is there …
    assert not known - {Provenance.DOCUMENTED} - {word for word in Provenance if word in said}, (said, known)
    # … and claims none that no call has. What is documented in part is called so beside the rest.
    assert not {word for word in (Provenance.ASSUMED, Provenance.OBSERVED) if word in said} - known - seen(marks)
    assert Provenance.DOCUMENTED in said or Provenance.DOCUMENTED not in known


def test_every_native_operation_has_a_line() -> None:
    listed = {f"native.{call}" for row in OPERATIONS.values() for call in called(row[2])}
    assert set(NATIVE) == listed


def test_every_setting_and_every_assumed_path_is_explained() -> None:
    for name in DengageSettings.model_fields:
        assert f"`{name}`" in README, name
    put_right = {
        name.removeprefix("assumed_paths.") for settings in assumed.SETTINGS.values() for name in settings
    }
    assert set(assumed.PATHS) <= put_right
    assert {one for one in put_right if one not in DengageSettings.model_fields} <= set(assumed.PATHS)


def called(cell: str) -> list[str]:
    """Return the calls a cell names."""
    return re.findall(r"`(\w+\.\w+)`", cell)


def calls(operation: str) -> list[Capability]:
    _, neutral, native, _, _ = OPERATIONS[operation]
    return [VERBS[verb] for verb in called(neutral)] + [NATIVE[f"native.{call}"] for call in called(native)]


def seen(marks: list[Capability]) -> set[Provenance]:
    return {Provenance.OBSERVED} if any(one.assumption or one.observed for one in marks) else set()
