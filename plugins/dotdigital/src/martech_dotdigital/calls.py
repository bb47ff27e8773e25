"""How this plugin asks: the door's functions, with the patience Dotdigital wants.

The vendor asks its clients to wait 121 seconds for an answer before they give up (S2, guide).
"""

from __future__ import annotations

from functools import partial

from martech import provider as door

TIMEOUT_SECONDS = 121.0

get = partial(door.get, timeout_seconds=TIMEOUT_SECONDS)
put = partial(door.put, timeout_seconds=TIMEOUT_SECONDS)
patch = partial(door.patch, timeout_seconds=TIMEOUT_SECONDS)
post = partial(door.post, timeout_seconds=TIMEOUT_SECONDS)
delete = partial(door.delete, timeout_seconds=TIMEOUT_SECONDS)
send = partial(door.send, timeout_seconds=TIMEOUT_SECONDS)
