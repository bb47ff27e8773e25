"""The README says what is there: every setting, every operation of the source document, every test it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from martech.provider import capabilities
from martech_dengage.native import Native
from martech_dengage.provider import Dengage
from martech_dengage.settings import DengageSettings

VERBS = capabilities(Dengage.with_settings({"userkey": "u", "password": "p"}))
HERE = Path(__file__).parent
README = (HERE.parent / "README.md").read_text()
TESTS = "\n".join(path.read_text() for path in HERE.glob("test_*.py"))
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


def test_every_operation_the_vendor_names_has_a_line() -> None:
    assert set(NAMED) <= set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_line_names_calls_and_a_test_that_are_there(operation: str) -> None:
    _, neutral, native, provenance, test = OPERATIONS[operation]
    assert set(re.findall(r"`([a-z_]+\.[a-z_]+)`", neutral)) <= set(VERBS)
    for call in re.findall(r"`([\w.]+)`", native):
        group, _, verb = call.partition(".")
        kind = Native.__annotations__[group].partition("[")[0]
        assert hasattr(_group(kind), verb), call
    assert neutral or native
    assert any(word in provenance for word in ("documented", "client-observed", "assumed"))
    assert f"def {test.strip('`')}(" in TESTS, test


def test_every_setting_is_explained() -> None:
    for name in DengageSettings.model_fields:
        assert f"`{name}`" in README, name


def _group(name: str) -> type:
    import martech_dengage.native as native

    found: type = vars(native)[name]
    return found
