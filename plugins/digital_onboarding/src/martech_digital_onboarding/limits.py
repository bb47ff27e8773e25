"""What Digital Onboarding allows. It documents neither rates nor sizes, so nothing is throttled by default.

A 429 and its `Retry-After` are obeyed as everywhere; the sizes are ours, and settings can change them.
"""

from __future__ import annotations

from martech.provider import Limit

LIMITS: tuple[Limit, ...] = ()

BATCH_CONTACTS = 100
"""Contacts in one batch; assumed, the vendor states no number. A 413 halves it for the contacts at hand."""
BATCH_BYTES = 1024 * 1024
"""Bytes in one batch; assumed likewise."""
ENROL_SIZE = 1000
"""People whom `automations.enrol` takes at a time, among whom nobody is enrolled twice; each costs one request."""
ENROL_WAVE = 20
"""After how many of those requests it looks whether it is worth going on."""
ENROL_AT_ONCE = 4
"""How many of them are under way at the same time."""
BULK_STRETCH = 100
"""People whom one send key of a bulk enrolment stands for, and the most in one of its batches. No setting changes
it, so that whoever tries again under the same key, with batches of another size, enrols nobody twice."""
EMPTY_BATCH_BYTES = len(b'{"contacts":[]}')
