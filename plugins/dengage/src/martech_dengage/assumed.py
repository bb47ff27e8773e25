"""What no page of the vendor documents, in one place, replaceable by settings.

The paths below are guesses from operations that are known by name (D1, D2) and from the roots of documented
siblings. The setting `assumed_paths` replaces a path by its name; `assumed_fields` replaces names of fields in
what is said and read on these paths. Whoever has an account and sees better puts it right there, without waiting
for us.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from martech.provider import Kind, Request, Response, Settings

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
    "TABLE_DETAIL",
    "UPDATE_CONTACT",
    "UPDATE_LOG",
    "ask",
    "heard",
    "parts_of",
    "replaced",
]

INSERT_CONTACT = "InsertContact is known by name and purpose (D2, D23); its path and fields are assumed."
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


def ask(
    settings: Settings,
    name: str,
    method: str,
    kind: Kind,
    *,
    json: Any = None,
    query: Mapping[str, Any] | None = None,
    repeatable: bool | None = None,
    limit: str = "",
    host: str = "api",
    send_key: str | None = None,
    **parts: str | int,
) -> Request:
    """Return a request on an assumed path, with its path and fields as the settings have them.

    It may be repeated if it reads or `repeatable` says so.
    """
    paths: Mapping[str, str] = getattr(settings, "assumed_paths", {})
    renamed: Mapping[str, str] = getattr(settings, "assumed_fields", {})
    return Request(
        method,
        paths.get(name, PATHS[name]),
        kind,
        parts=parts,
        query=replaced(dict(query or {}), renamed),
        json=replaced(json, renamed),
        host=host,
        limit=limit,
        repeatable=kind is Kind.READ if repeatable is None else repeatable,
        send_key=send_key,
    )


def heard(settings: Settings, reply: Response) -> Response:
    """Return an answer with the vendor's names of fields put back into ours, where the settings replace any."""
    renamed: Mapping[str, str] = getattr(settings, "assumed_fields", {})
    if not renamed:
        return reply
    from pydantic_core import to_json

    back = {theirs: ours for ours, theirs in renamed.items()}
    return replace(reply, body=to_json(replaced(reply.json(), back)))


def replaced(value: Any, names: Mapping[str, str]) -> Any:
    """Return a JSON value with the names of its fields replaced, at every depth."""
    if not names:
        return value
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {names.get(name, name): replaced(inner, names) for name, inner in fields.items()}
    if isinstance(value, (list, tuple)):
        return [replaced(inner, names) for inner in cast("Sequence[Any]", value)]
    return value


def parts_of(path: str) -> frozenset[str]:
    """Return the names of the parts of a path."""
    return frozenset(re.findall(r"\{(\w+)\}", path))
