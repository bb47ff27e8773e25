"""What the shapes share.

Everything but the login comes in an envelope; `data` is null where there is nothing to say. What was seen in one
source only, or is assumed, may be missing.
"""

from __future__ import annotations

from typing import Any, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

Text = str | None
Id = str | int
"""Ids are uuids where they were seen (C1, C4); a number would do as well."""
Fault = dict[str, Any] | str
"""What was wrong with one record: neither source fixes whether it is text or an object."""

open_ended = with_config({"extra": "allow"})
"""Keeps what a row has besides, so that it is still there in `raw`."""


class LoginAnswer(TypedDict):
    """The one answer without an envelope (C1, C3, C4, C6)."""

    access_token: str
    expires_in: NotRequired[float | None]


class JobTaken(TypedDict):
    """Work that was taken: the envelope's own id is the job's (D5, D11)."""

    transactionId: NotRequired[Text]
    data: NotRequired[Any]
