"""One call from operation to exchange, written once as an operation over primitives.

capability (the operation's own body) → limits → token → sign → exchange → limits learned from the answer → a
refused token? one replay → `refusal` → retry or raise → resume the operation.
"""

from martech.pipeline.calling import Line, Options
from martech.pipeline.conducting import Call, conduct
from martech.pipeline.guarding import Fate, MemoryGuard, PlannedSend, SendGuard
from martech.pipeline.leases import LeaseStore
from martech.pipeline.limits import LimitStore, MemoryLimits
from martech.pipeline.retrying import RetryPolicy
from martech.pipeline.tokens import TokenStore

__all__ = [
    "Call",
    "Fate",
    "LeaseStore",
    "LimitStore",
    "Line",
    "MemoryGuard",
    "MemoryLimits",
    "Options",
    "PlannedSend",
    "RetryPolicy",
    "SendGuard",
    "TokenStore",
    "conduct",
]
