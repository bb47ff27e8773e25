"""The grid: which verbs a row has, and by which of the contract's operations each may be served.

This one table says where several operations can serve one verb; the flows go by it, `supports` and the matrix are
computed from it, and a test holds the client against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GRID", "ROWS", "operations_of"]

_CONTACTS_IN_BULK = ("upsert_batch", "submit_import", "upsert")

GRID: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "contacts": {
        "get": ("get",),
        "find": ("get",),
        "list": ("list",),
        "create": ("create",),
        "update": ("update",),
        "upsert": ("upsert",),
        "upsert_many": _CONTACTS_IN_BULK,
        "upsert_stream": _CONTACTS_IN_BULK,
        "start_import": ("submit_import",),
        "change_identifier": ("change_identifier",),
        "delete": ("delete",),
        "delete_many": ("submit_delete", "delete"),
        "count": ("count",),
    },
    "attributes": {"list": ("list",), "create": ("create",), "delete": ("delete",)},
    "lists": {
        "list": ("list",),
        "get": ("get",),
        "create": ("create",),
        "update": ("update",),
        "delete": ("delete",),
        "add": ("add", "submit_add"),
        "remove": ("remove", "submit_remove"),
        "clear": ("clear",),
        "members": ("members",),
        "unsubscribe": ("unsubscribe",),
        "segments": ("segments",),
        "segment_members": ("segment_members",),
        "refresh_segment": ("refresh_segment",),
    },
    "consent": {
        "status": ("status",),
        "subscribe": ("subscribe",),
        "subscribe_many": ("subscribe",),
        "unsubscribe": ("unsubscribe",),
        "unsubscribe_many": ("unsubscribe_batch", "unsubscribe"),
        "record": ("record",),
        "record_many": ("record",),
        "suppress": ("suppress",),
        "suppress_many": ("suppress",),
        "release": ("release",),
        "release_many": ("release",),
        "suppressions": ("suppressions",),
        "changes": ("changes",),
        "topics": ("topics",),
        "create_topic": ("create_topic",),
        "set_topic": ("topic_out", "topic_in"),
    },
    "messages": {
        "send_email": ("send_email",),
        "send_template": ("send_template",),
        "send_sms": ("send_sms",),
        "status": ("status",),
        "reports": ("reports",),
    },
    "templates": {
        "list": ("list",),
        "get": ("get",),
        "create": ("create",),
        "update": ("update",),
        "delete": ("delete",),
    },
    "campaigns": {
        "list": ("list",),
        "get": ("get",),
        "create": ("create",),
        "update": ("update",),
        "delete": ("delete",),
        "send": ("send",),
        "send_status": ("send_status",),
        "pause": ("pause",),
        "resume": ("resume",),
        "cancel": ("cancel",),
    },
    "automations": {"list": ("list",), "enrol": ("enrol",), "enrolment_status": ("enrolment_status",)},
    "reports": {"counts": ("counts",), "engagements": ("engagements",), "active_since": ("active_since",)},
    "events": {"track": ("track",), "open": ("open",), "stream": ("stream",), "close": ("close",)},
    "datasets": {
        "list": ("list",),
        "create": ("create",),
        "schema": ("schema",),
        "delete": ("delete",),
        "upsert_many": ("upsert_batch", "submit_import"),
        "start_import": ("submit_import",),
        "get": ("get",),
        "records": ("records",),
        "delete_records": ("delete_records",),
        "truncate": ("truncate",),
    },
    "jobs": {"status": ("status",), "wait": ("status",), "results": ("results",)},
    "account": {
        "get": ("get",),
        "verify": ("verify",),
        "senders": ("senders",),
        "limits": (),
        "identifiers": ("identifiers",),
        "server_time": ("server_time",),
    },
}
"""Row, verb, and the operations that may serve it, best first. An empty tuple is served by the core itself."""

ROWS: tuple[str, ...] = tuple(GRID)


def operations_of(verb: str) -> tuple[str, tuple[str, ...]]:
    """Return the row and the operations of a verb written as `row.verb`; raises KeyError if there is none."""
    row, _, name = verb.partition(".")
    return row, GRID[row][name]
