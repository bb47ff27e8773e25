"""Every switch of the pretended dEngage: what may differ between accounts, and what the sources leave open.

Each is an argument of the constructor and an attribute that may be changed at any time; over HTTP,
`POST /_emulator/switches` takes `{"name": value}`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any, Literal

from martech.emulation import Clock, Emulator, EmulatorClock, Sent
from martech_dengage.emulator.agenda import Agenda
from martech_dengage.emulator.engagement import Engagement

__all__ = ["Switches"]


@dataclass(kw_only=True, eq=False, repr=False)
class Switches(Emulator):
    """An emulator with dEngage's switches and its calendar of things to come."""

    clock: Clock = field(default_factory=EmulatorClock)
    seed: InitVar[int] = 0

    # ── who may call, and how often ──────────────────────────────────────────────────────────────────────────

    token_seconds: float = 3600
    """How long a token lives; login says it in `expires_in`."""
    bad_login_status: Literal[401, 403] = 403
    """The answer to a wrong pair: 403 was seen live (C5), 401 is what clients expect."""
    accept_bare_token: bool = False
    """Whether `Authorization: <token>` without `Bearer` passes, as in some of the vendor's prose (C5)."""
    logins_per_minute: int | None = None
    """Logging in before each call can get requests blocked (C4); beyond this many, login answers 429."""
    allowed_ips: Collection[str] | None = None
    """The allow-list of addresses; None lets everyone call (C4, C5)."""
    caller_ip: str = "203.0.113.7"
    """The address that callers without an `X-Forwarded-For` header seem to come from."""
    empty_ip_refusal: bool = False
    """Whether the refusal of an address has nothing in its body (C6) instead of `actionResult` (C4)."""
    denied_permissions: Collection[str] = ()
    """Permissions this API user lacks, such as `DataSpace.Manage` (D5); any case."""
    empty_forbidden: bool = False
    """Whether a missing permission on `/transactional` is an empty 403 (C4, C6) instead of code 10."""
    refusals_inside_200: bool = False
    """Whether what is wrong with a request comes with status 200, so that only `code` tells: the code for that was
    seen with 400 (D5) and, on pushes, with 200 (C4, C6)."""
    requests_per_second: int | None = 30
    """The general limit for each client address (C4, C5); None is no limit."""

    reads_at_once: int | None = None
    """How many reads may be under way at the same time; a seventh was seen to be refused (C4, C6)."""

    # ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────

    bulk_gate: bool = True
    """Whether BulkUpsert takes one call a minute, never in parallel (D4)."""
    bulk_call_seconds: float = 0
    """How long a BulkUpsert call lasts; another one meanwhile is a parallel one."""
    parallel_bulk_status: Literal[429, 500] = 429
    """The answer to a parallel BulkUpsert: 429 in newer text, 500 in older (D4)."""
    async_bulk_at_most: int | None = None
    """How many BulkUpsert-Async jobs may be unfinished; beyond it 429 (D5 gives no number)."""
    visibility_lag_seconds: float = 0
    """How long rows and contacts take to be seen by reads; about two minutes on the live service (C4, C6)."""
    unknown_contact: Literal["404", "empty"] = "404"
    """GetContact of an unknown key: a 404, or a 200 with an empty array; neither was seen."""
    unknown_column: Literal["call", "record"] = "call"
    """Whether an unknown column refuses the whole call or each record."""
    lower_email_keys: bool = False
    """Whether contact keys that are addresses are kept in lower case, found in any, and so answered; of the column
    `email` alone it is known (D4)."""
    missing_column: Literal["refuse", "default", "ignore"] = "refuse"
    """What becomes of a record that lacks a column of `columns`: undefined at the vendor. `default` writes the
    column's default, which for a permission is true."""
    errors_as: Literal["objects", "strings"] = "objects"
    """The shape of the elements of `errors`, `warnings` and `errorList`, which was never fixed."""
    refuse_half_of_rows: bool = False
    """Whether every second row of a bulk write or an upsert is refused."""
    logs_inserts: bool = False
    """Whether the update log also holds the first values of a new contact, with nothing as the old value."""
    extension_channel_fixed: bool = True
    """Whether the channel of an extension stays as created: newer capture of D6; the older one lets it change."""
    extension_types: Mapping[str, Collection[str]] = field(
        default_factory=lambda: {
            "email": ("personal", "work"),
            "sms": ("mobile", "work"),
            "whatsapp": ("mobile",),
        }
    )
    """The extension types configured in the panel, by channel."""

    # ── data space ───────────────────────────────────────────────────────────────────────────────────────────

    rows_as: Literal["either", "objects", "arrays"] = "either"
    """The shape of `rows` that is taken: objects (D9, C3) or arrays (C6)."""
    list_system_tables: bool = True
    """Whether the listing of tables names the platform's own."""

    # ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────────

    job_seconds: float = 5
    """How long an asynchronous job takes; it waits for the first fifth of that and runs for the rest."""
    jobs_never_end: bool = False
    """Whether jobs started from now on stay unfinished."""
    jobs_fail: bool = False
    """Whether jobs that come to their end fail and do nothing."""

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────

    current_as: Literal["either", "object", "string"] = "either"
    """The form of `current` that is taken: an object (C4, C6) or the same as a JSON string (C1)."""
    message_id_key: Literal["trackingId", "transactionId"] = "trackingId"
    """What the id of one message is called: `trackingId` (C1), or `transactionId` beside a `groupId` (D14, C6)."""
    idempotency_seconds: float = 24 * 3600
    """How long a `traceId` gives its first answer again and sends nothing; 0 forgets at once. An assumption."""
    delivery_seconds: float = 2
    """How long a message takes to arrive or to bounce; until then its report is empty."""
    engagement: Engagement = field(default_factory=Engagement)
    """What comes back from a campaign."""
    bouncing_addresses: Collection[str] = ()
    """Addresses and numbers that refuse every message, whatever the rates are."""
    soft_bounces_until_passive: int = 3
    """After how many soft bounces in a row the platform sets `email_status` to P with reason SB; invented."""
    unsubscribe_sets_status: bool = True
    """Whether an unsubscribe, beside the permission, also sets `email_status` to P with reason US (D7)."""
    send_lead_seconds: float = 1
    """How long a campaign that is due takes until its first batch goes out."""
    send_batch_size: int = 1000
    """How many people each batch of a campaign takes."""
    send_batch_seconds: float = 1
    """How long after a batch the next one goes out, or the campaign is complete."""
    push_report_seconds: float = 60
    """How long the report of an instant push answers 404 after it went out (C4)."""

    def __post_init__(self, seed: int) -> None:
        super().__init__(clock=self.clock, seed=seed)
        self.agenda = Agenda(self.clock)

    def catch_up(self) -> None:
        """Do everything that has become due."""
        with self.lock:
            self.agenda.catch_up()

    def send(self, channel: str, recipient: str, what: str, *, key: str | None = None, **details: Any) -> None:
        """Note a message that goes out now: at the time it was due, not when somebody looked."""
        self._outbox.append(Sent(channel, recipient, what, self.agenda.now(), key, details))
