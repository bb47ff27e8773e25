"""What can be told to an emulator: how it behaves, and which of the vendor's traps lie open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, get_type_hints

from martech.emulation import Clock, Emulator, HttpRequest

__all__ = ["EngagementRates", "Switchable", "Switches"]


@dataclass(frozen=True, slots=True)
class EngagementRates:
    """How people take a campaign: the share of those it was sent to, or of those before them in the chain."""

    hard_bounces: float = 0.02
    soft_bounces: float = 0.03
    opens: float = 0.4
    """Of those it was delivered to."""
    clicks: float = 0.25
    """Of those who opened."""
    replies: float = 0.02
    unsubscribes: float = 0.01
    complaints: float = 0.002
    page_views: float = 0.5
    """Of those who clicked."""
    orders: float = 0.1
    """Of those who clicked."""


class Switches(TypedDict, total=False):
    """The switches as arguments of the constructor; each is explained at the attribute of the same name."""

    api_user: str
    password: str
    api_user_enabled: bool
    region: str
    foreign_region: bool
    plan: str
    rate_scheme: str
    rate_limits: Mapping[str, int]
    flat_calls_per_hour: int
    reset_as_delta: bool
    job_seconds: float
    job_outcomes: Mapping[str, str]
    refuse_every_nth_row: int
    most_active_imports: int
    most_insight_imports: int
    import_body_bytes: int
    fault_report_days: float
    default_sms_status: str
    default_whatsapp_status: str
    enforce_double_opt_in: bool
    show_binned: bool
    removal_status_in_pascal_case: bool
    data_field_refusal_is_409: bool
    most_custom_identifiers: int
    most_data_fields: int
    most_lists: int
    empty_audience_is_everyone: bool
    sends_permitted: bool
    send_seconds: float
    synthesise_engagement: bool
    engagement_rates: EngagementRates
    transactional_per_day: int
    sms_credits: int
    sms_pay_as_you_go: bool
    message_seconds: float
    programs_permitted: bool
    enrolments_per_hour: int
    cxdp: bool
    most_collections: int
    subscription_start_seconds: float
    subscription_idle_days: float
    firehose_syncing: bool
    deliver: Callable[[HttpRequest], int] | None


class Switchable(Emulator):
    """The switches as attributes: documented, typed, and free to be changed while the emulator runs."""

    api_user: str = "apiuser-5f1e2d3c4b5a@apiconnector.example.org"
    """The generated name of the API user."""
    password: str = "emulated-S3cret"  # noqa: S105 - the secret of a pretended account
    api_user_enabled: bool = True
    """A disabled API user is answered 401 (section 2)."""
    region: str = "r1"
    """Where the account lives: `r1`, `r2` or `r3`. Asked as `rN-api.…`, only that one answers all (section 1)."""
    foreign_region: bool = False
    """Behave as a host of another region: only account-info answers, all else is 403 (section 1)."""

    plan: str = "standard"
    """`basic`, `standard` or `enhanced`: the numbers of the tiered scheme."""
    rate_scheme: str = "tiered"
    """`tiered`, `flat` (deprecated: 400 with `ERROR_APIUSAGE_EXCEEDED`) or `off`."""
    rate_limits: Mapping[str, int] = {}
    """Other numbers for single tiers, such as `{"lowCallRate": 3}`."""
    flat_calls_per_hour: int = 2000
    reset_as_delta: bool = False
    """Say in `X-RateLimit-Reset` how many seconds are left, as the official client reads it, not when."""

    job_seconds: float = 5.0
    """How long background work takes."""
    job_outcomes: Mapping[str, str] = {}
    """How jobs of a kind end (`JobKind` → status, such as `Failed` or `RejectedByWatchdog`, or `never`)."""
    refuse_every_nth_row: int = 0
    """Refuse every so many rows of a contact import, to see half a batch fail; 0 refuses none."""
    most_active_imports: int = 25
    most_insight_imports: int = 5
    import_body_bytes: int = 50 * 1024 * 1024
    fault_report_days: float = 7.0
    """How long the fault report of a file import is kept (section 12: about a week)."""

    default_sms_status: str = "subscribed"
    """What a mobile number is when nothing is said of it: an account setting of the vendor. ASSUMED value."""
    default_whatsapp_status: str = "noSubscription"
    """The same for WhatsApp. ASSUMED value."""
    enforce_double_opt_in: bool = False
    """Ask everybody who is new to confirm; until then they are `pendingOptIn`."""
    show_binned: bool = False
    """Let a read of one contact find it in the recycle bin, with the status `binned`. Which is true is ASSUMED."""
    removal_status_in_pascal_case: bool = False
    """Print `Id` and `Status` in the status of a list removal, as one sample of the vendor does (section 3)."""
    data_field_refusal_is_409: bool = False
    """Answer the refused deletion of a data field with 409 (section 34 row 22)."""
    most_custom_identifiers: int = 10
    """Beyond it, 412. The number is ASSUMED."""
    most_data_fields: int = 250
    """Beyond it, `ERROR_DATAFIELD_LIMITEXCEEDED`. The number is ASSUMED."""
    most_lists: int = 5000
    """Beyond it, `ERROR_ADDRESSBOOK_LIMITEXCEEDED`. The number is ASSUMED."""

    empty_audience_is_everyone: bool = False
    """Send a campaign without lists and contacts to All Contacts, as one source says (section 34 row 10)."""
    sends_permitted: bool = True
    """When off, a campaign send is refused with `ERROR_CAMPAIGN_SENDNOTPERMITTED`."""
    send_seconds: float = 5.0
    """How long a campaign is `Sending` before it is `Sent`."""
    synthesise_engagement: bool = True
    """Let recipients open, click, bounce and so on, drawn from the seed, as soon as a campaign is sent."""
    engagement_rates: EngagementRates = EngagementRates()
    transactional_per_day: int = 50_000
    """Transactional e-mail in one UTC day."""

    sms_credits: int = 10_000
    """v2 SMS that the account can still pay for."""
    sms_pay_as_you_go: bool = True
    """Whether omnichannel messages may use SMS (section 21.2); if not, they are answered 403."""
    message_seconds: float = 1.0
    """From `processing` to `sent`, and again from `sent` to `delivered`."""

    programs_permitted: bool = True
    """When off, programs answer 403."""
    enrolments_per_hour: int = 20
    cxdp: bool = True
    """Whether the account has the package with events and firehose; if not, they are answered 403."""
    most_collections: int = 1000
    subscription_start_seconds: float = 0.0
    """How long after its creation a subscription begins to capture; the vendor says up to five minutes."""
    subscription_idle_days: float = 30.0
    """A subscription not read for so long becomes inactive."""
    firehose_syncing: bool = False
    """Whether every enabled firehose is busy, so that deleting one is a conflict."""
    deliver: Callable[[HttpRequest], int] | None = None
    """Sends one signed webhook delivery and returns the receiver's status; None leaves that to the caller."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)

    def switch(self, switches: Mapping[str, Any]) -> None:
        """Set several switches.

        Raises:
            TypeError: There is no switch of such a name.
        """
        if unknown := set(switches) - set(get_type_hints(Switches)):
            raise TypeError(f"no such switch: {', '.join(sorted(unknown))}")
        for name, value in switches.items():
            setattr(self, name, value)
