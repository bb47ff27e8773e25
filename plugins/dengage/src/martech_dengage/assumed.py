"""What no page of the vendor documents, in one place, replaceable by settings.

The paths below are guesses from operations that are known by name (D1, D2) and from the roots of documented
siblings. The setting `assumed_paths` replaces a path by its name; `assumed_fields` replaces names of fields in
what is said and read on these paths, and `assumed_words` words for states and events. Whoever has an account and
sees better puts it right there, without waiting for us.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from martech.provider import Kind, Request, Response, Settings, assumes
from martech_dengage.limits import READS

__all__ = [
    "CAMPAIGN_SENDS",
    "CONTACT_COLUMNS",
    "CONTENT_WRITES",
    "EVENTS",
    "FILE_JOBS",
    "INSERT_CONTACT",
    "JOB_ANSWERS",
    "LOGS",
    "PATHS",
    "PUSH_BY_TAG",
    "SETTINGS",
    "TABLE_DETAIL",
    "TRACE_ID_SECONDS",
    "UPDATE_CONTACT",
    "UPDATE_LOG",
    "VMTAS",
    "WORDS",
    "Verbatim",
    "ask",
    "heard",
    "parts_of",
    "path_of",
    "replaced",
    "rests_on",
]

F = TypeVar("F", bound=Callable[..., Any])

INSERT_CONTACT = "InsertContact is known by name and purpose (D2, D23); its path and fields are assumed."
NEW_COLUMNS = "That InsertContact makes columns is said (D2); how it is told which, and of what type, is assumed."
UPDATE_CONTACT = "UpdateContact is known by name and purpose (D2); its path and fields are assumed."
UPDATE_LOG = "GetUpdateLog is known by name and purpose (D1, D2); its path, fields and words are assumed."
JOB_ANSWERS = "Where to ask for a job is documented (D5, D11); what the answer looks like is assumed."
FILE_JOBS = "GetAsyncJobStatus is known by name (D2); its paths for file jobs and its answers are assumed."
CONTACT_COLUMNS = "The columns of the contact table are assumed to be readable like those of any other table (C4)."
CONTENT_WRITES = "Creating, changing and deleting contents is known by name (D2); the shapes are those of reading."
CAMPAIGN_SENDS = "Email Sends and SMS Sends are known by name (D1, D2); their paths, fields and words are assumed."
LOGS = "Email Sends and the Logs API are known by name (D1, D2); their paths, fields and words are assumed."
TABLE_DETAIL = (
    "The detail of a table was seen with the names of its columns (C4); that it says which make the key and which "
    "may be empty, as CreateTable does (C6), is assumed."
)
NEW_PEOPLE = f"Somebody new under NOT_CONTACTABLE is made by another call than the rest: {INSERT_CONTACT}"
VMTAS = "GetBulkVmtaList and GetTransactionalVmtaList are known by name (D2); their paths and answers are assumed."
PUSH_BY_TAG = "What SendTransactionalPushByTag takes is documented (D17); its path is assumed."
TRACE_ID_SECONDS = 600.0
"""For how long dEngage is trusted to know a `traceId` again. That it does is documented (D14, D16, D17), for how
long is not: enough for another attempt after an accident, and far below the day that is assumed of the vendor."""
EVENTS = "The event host was seen in a client (C3); how the account is called in its body is assumed."

PATHS: Mapping[str, str] = {
    "insert_contact": "/contacts",
    "update_contact": "/contacts/{contact_key}",
    "update_log": "/contacts/updateLog",
    "upsert_file_job": "/dataspace/async/upsert/{job}",
    "delete_file_job": "/dataspace/async/delete/{job}",
    "create_content": "/contents/{channel}",
    "content": "/contents/{channel}/{content_id}",
    "create_send": "/sends/{channel}",
    "send": "/sends/{channel}/{send}",
    "pause_send": "/sends/{channel}/{send}/pause",
    "resume_send": "/sends/{channel}/{send}/resume",
    "cancel_send": "/sends/{channel}/{send}/cancel",
    "send_overview": "/sends/{channel}/{send}/overview",
    "send_opens": "/sends/{channel}/{send}/opens",
    "send_clicks": "/sends/{channel}/{send}/clicks",
    "send_bounces": "/sends/{channel}/{send}/bounces",
    "send_report": "/sends/{channel}/{send}/report",
    "email_logs": "/logs/email",
    "email_bounce_logs": "/logs/email/bounces",
    "email_spam_logs": "/logs/email/spam",
    "email_unsubscribe_logs": "/logs/email/unsubscribes",
    "bulk_vmtas": "/email/vmtas/bulk",
    "transactional_vmtas": "/email/vmtas/transactional",
    "push_by_tag": "/transactional/pushByTag",
    "web_event": "/api/web/event",
}
"""Every assumed path by its name. `web_event` was seen (C3) and is here because its body is assumed."""

WORDS = frozenset({
    # How far a job is.
    "WAITING", "RUNNING", "COMPLETED", "FAILED",
    # How far a send is; it may be COMPLETED too.
    "SCHEDULED", "SENDING", "PAUSED", "CANCELLED",
    # What happened to a message: sent, opened, clicked, complaint, unsubscribed. Codes of the rest were seen (C1).
    "SN", "OP", "CL", "SP", "US",
})  # fmt: skip
"""Words in answers that nobody documents."""
WORD_FIELDS = frozenset({"status", "event_type"})
"""Under which names they stand."""

FIELDS, SAID = "assumed_fields", "assumed_words"
SETTINGS: Mapping[str, tuple[str, ...]] = {
    INSERT_CONTACT: ("assumed_paths.insert_contact", FIELDS),
    NEW_COLUMNS: (FIELDS,),
    NEW_PEOPLE: ("insert_contact", "assumed_paths.insert_contact", FIELDS),
    UPDATE_CONTACT: ("update_contact", "assumed_paths.update_contact", FIELDS),
    UPDATE_LOG: ("assumed_paths.update_log", FIELDS),
    JOB_ANSWERS: (FIELDS, SAID, "errors_number_from"),
    FILE_JOBS: ("assumed_paths.upsert_file_job", "assumed_paths.delete_file_job", FIELDS, SAID),
    CONTACT_COLUMNS: (FIELDS,),
    CONTENT_WRITES: ("assumed_paths.create_content", "assumed_paths.content", FIELDS),
    CAMPAIGN_SENDS: (*(f"assumed_paths.{name}" for name in PATHS if name.endswith("_send")),
                     *(f"assumed_paths.{name}" for name in PATHS if name.startswith("send")), FIELDS, SAID),
    LOGS: (*(f"assumed_paths.{name}" for name in PATHS if name.endswith("_logs") or name == "email_logs"),
           FIELDS, SAID),
    TABLE_DETAIL: (FIELDS,),
    VMTAS: ("assumed_paths.bulk_vmtas", "assumed_paths.transactional_vmtas", FIELDS),
    PUSH_BY_TAG: ("assumed_paths.push_by_tag", FIELDS),
    EVENTS: ("assumed_paths.web_event", FIELDS),
}  # fmt: skip
"""Which settings put each of them right."""


def rests_on(*assumptions: str) -> Callable[[F], F]:
    """Mark an operation with what it assumes, and with the settings that put that right."""

    def mark(function: F) -> F:
        for one in reversed(assumptions):
            assumes(one, settings=SETTINGS[one])(function)
        return function

    return mark


def ask(
    settings: Settings,
    name: str,
    method: str,
    kind: Kind,
    *,
    json: Any = None,
    query: Mapping[str, Any] | None = None,
    repeatable: bool | None = None,
    host: str = "api",
    send_key: str | None = None,
    **parts: str | int,
) -> Request:
    """Return a request on an assumed path, with its path and fields as the settings have them.

    It may be repeated if it reads or `repeatable` says so; one that reads counts among the reads.
    """
    renamed: Mapping[str, str] = getattr(settings, "assumed_fields", {})
    return Request(
        method,
        path_of(settings, name),
        kind,
        parts=parts,
        query=replaced(dict(query or {}), renamed),
        json=replaced(json, renamed),
        host=host,
        limit=READS if kind is Kind.READ else "",
        repeatable=kind is Kind.READ if repeatable is None else repeatable,
        send_key=send_key,
    )


def path_of(settings: Settings, name: str) -> str:
    """Return an assumed path as the settings have it."""
    paths: Mapping[str, str] = getattr(settings, "assumed_paths", {})
    return paths.get(name, PATHS[name])


class Verbatim(dict[str, Any]):
    """An object whose names are the customer's own, such as columns: none of them is an assumed field."""


def heard(settings: Settings, reply: Response) -> Response:
    """Return an answer with the vendor's names and words put back into ours, where the settings replace any."""
    renamed: Mapping[str, str] = getattr(settings, "assumed_fields", {})
    words: Mapping[str, str] = getattr(settings, "assumed_words", {})
    if not renamed and not words:
        return reply
    from pydantic_core import to_json

    back = {theirs: ours for ours, theirs in renamed.items()}
    return replace(reply, body=to_json(_in_our_words(replaced(reply.json(), back), words)))


def replaced(value: Any, names: Mapping[str, str]) -> Any:
    """Return a JSON value with the names of its fields replaced, at every depth but within `Verbatim`."""
    if not names or isinstance(value, Verbatim):
        return value
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {names.get(name, name): replaced(inner, names) for name, inner in fields.items()}
    if isinstance(value, (list, tuple)):
        return [replaced(inner, names) for inner in cast("Sequence[Any]", value)]
    return value


def _in_our_words(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: _word(inner, words) if name in WORD_FIELDS else _in_our_words(inner, words)
                for name, inner in fields.items()}  # fmt: skip
    if isinstance(value, list):
        return [_in_our_words(inner, words) for inner in cast("Sequence[Any]", value)]
    return value


def _word(value: Any, words: Mapping[str, str]) -> Any:
    return words.get(value.upper(), value) if isinstance(value, str) else value


def parts_of(path: str) -> frozenset[str]:
    """Return the names of the parts of a path."""
    return frozenset(re.findall(r"\{(\w+)\}", path))
