"""What no page of the vendor says outright, in one place, and how a setting replaces it.

S followed by a number is a section of the collected facts that this plugin was written from; S34-12 is row 12 of
their table of disagreements. The README says where each comes from.
"""

from __future__ import annotations

from datetime import UTC, datetime

LOCATOR_URL = "https://r1-api.dotdigital.com"
"""The one host that says of every account where it lives (S1). Setting `locator_url`."""

EVERYONE_LIST = "All Contacts"
"""The reserved name of the built-in list that everybody is on (S14). Setting `everyone_list`."""
EVERYONE = (
    "Everyone() is sent to the built-in list that bears the reserved name “All Contacts”; that this list takes a "
    "send is not written down. The setting everyone_list replaces the name. No other audience rests on this."
)

IMPORT_BODY_BYTES = 50_000_000
"""The vendor says 50 MB and not which sort (S7); the smaller one. Setting `import_body_bytes`."""

SEND_KEY_FIELD = "send_key"
"""The name of our key in a message's metadata, which the vendor gives back in its webhooks (S20)."""

PATCH_BY_ID_NEVER_CREATES = (
    "A PATCH that names no e-mail address and no number in its body cannot make anybody (S11.4-1), so somebody "
    "who was just looked up is written by contact id without naming them again."
)

BIN_IS_SEEN = (
    "Whether a read shows somebody who is in the recycle bin is not written down. Both are dealt with: a status "
    "of binned or deleted, and a read that finds nobody where a creation then meets a conflict."
)
IMPORT_MAY_RESTORE = (
    "Whether an import brings people back from the recycle bin is not written down; a single write does "
    "(S11.4-2). An import cannot ask first."
)

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
"""From when a since-read brings everything (S17)."""
