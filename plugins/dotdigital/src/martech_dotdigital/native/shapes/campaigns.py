"""Campaigns and what people did with them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from martech.models import PERSONAL
from martech_dotdigital.native.shapes.base import OfContact, Shape, WireTime


class Activity(OfContact):
    """What one recipient did with a campaign, counted."""

    num_opens: int = 0
    num_page_views: int = 0
    num_clicks: int = 0
    num_forwards: int = 0
    num_estimated_forwards: int = 0
    num_replies: int = 0
    date_sent: WireTime = None
    date_first_opened: WireTime = None
    date_last_opened: WireTime = None
    first_open_ip: str | None = Field(default=None, json_schema_extra=PERSONAL)
    unsubscribed: bool = False
    soft_bounced: bool = False
    hard_bounced: bool = False


class Opening(OfContact):
    """One opening, with what it was opened in."""

    mail_client: str | None = None
    mail_client_version: str | None = None
    ip_address: str | None = Field(default=None, json_schema_extra=PERSONAL)
    user_agent: str | None = None
    is_html: bool | None = None
    is_forward: bool | None = None
    date_opened: WireTime = None


class LinkGroup(Shape):
    """A group that links of a campaign were put into."""

    name: str
    date_created: WireTime = None


class Clicking(OfContact):
    """One click, with the groups of its link."""

    url: str | None = None
    ip_address: str | None = Field(default=None, json_schema_extra=PERSONAL)
    user_agent: str | None = None
    date_clicked: WireTime = None
    keyword: str | None = None
    groups: tuple[LinkGroup, ...] = ()


class PageView(OfContact):
    """A page that a recipient looked at after a click."""

    url: str | None = None
    date_viewed: WireTime = None


class Reply(OfContact):
    """An answer of a recipient, automatic ones included."""

    from_address: str | None = Field(default=None, json_schema_extra=PERSONAL)
    to_address: str | None = None
    subject: str | None = None
    message: str | None = Field(default=None, json_schema_extra=PERSONAL)
    is_html: bool | None = None
    date_replied: WireTime = None
    reply_type: str | None = None


class RoiDetail(OfContact):
    """A marker that a recipient set off on the account's own pages."""

    marker_name: str | None = None
    data_type: str | None = None
    value: Any = None
    date_entered: WireTime = None


class SocialView(OfContact):
    """How often a recipient's share of a campaign was looked at."""

    bookmark_name: str | None = None
    num_views: int = 0


class Revenue(Shape):
    """What was bought after a campaign. The time has two names (S19)."""

    campaign_id: int | None = None
    date_sent: WireTime = None
    date_last_sent: WireTime = None
    currency: str | None = None
    revenue: float | None = None
    num_orders: int | None = None
    conversion_rate: float | None = None


class Summary(Shape):
    """The counts of a campaign, all its sends together: of HTML, of plain text, and in total where there is one.

    Percentages are fractions here, other than in metrics, and money is text with its sign (S19).
    """

    campaign_id: str
    date_sent: WireTime = None
    num_sent: int | None = None
    num_text_sent: int | None = None
    num_total_sent: int | None = None
    num_delivered: int | None = None
    num_text_delivered: int | None = None
    num_total_delivered: int | None = None
    num_opens: int | None = None
    num_text_opens: int | None = None
    num_total_opens: int | None = None
    num_unique_opens: int | None = None
    num_unique_text_opens: int | None = None
    num_total_unique_opens: int | None = None
    num_clicks: int | None = None
    num_text_clicks: int | None = None
    num_total_clicks: int | None = None
    num_page_views: int | None = None
    num_text_page_views: int | None = None
    num_total_page_views: int | None = None
    num_forwards: int | None = None
    num_text_forwards: int | None = None
    num_estimated_forwards: int | None = None
    num_text_estimated_forwards: int | None = None
    num_total_estimated_forwards: int | None = None
    num_replies: int | None = None
    num_text_replies: int | None = None
    num_total_replies: int | None = None
    num_hard_bounces: int | None = None
    num_text_hard_bounces: int | None = None
    num_total_hard_bounces: int | None = None
    num_soft_bounces: int | None = None
    num_text_soft_bounces: int | None = None
    num_total_soft_bounces: int | None = None
    num_unsubscribes: int | None = None
    num_text_unsubscribes: int | None = None
    num_total_unsubscribes: int | None = None
    num_isp_complaints: int | None = None
    num_text_isp_complaints: int | None = None
    num_total_isp_complaints: int | None = None
    num_mail_blocks: int | None = None
    num_text_mail_blocks: int | None = None
    num_total_mail_blocks: int | None = None
    num_recipients_clicked: int | None = None
    num_orders: int | None = None
    num_assisted_orders: int | None = None
    percentage_delivered: float | None = None
    percentage_opens: float | None = None
    percentage_unique_opens: float | None = None
    percentage_clicks_to_opens: float | None = None
    percentage_users_clicked: float | None = None
    percentage_replies: float | None = None
    percentage_hard_bounces: float | None = None
    percentage_soft_bounces: float | None = None
    percentage_unsubscribes: float | None = None
    revenue: str | float | None = None
    assisted_revenue: str | float | None = None
    conversion_rate: float | None = None


class Metrics(Shape):
    """The counts of a campaign in a window of time. Percentages here go to 100, other than in a summary."""

    campaign_id: int
    campaign_name: str | None = None
    campaign_type: str | None = None
    date_sent: WireTime = None
    last_date_sent: WireTime = None
    sent: int | None = None
    delivered: int | None = None
    opens: int | None = None
    unique_opens: int | None = None
    clicks: int | None = None
    unique_clicks: int | None = None
    replies: int | None = None
    hard_bounces: int | None = None
    soft_bounces: int | None = None
    unsubscribes: int | None = None
    complaints: int | None = None
    forwards: int | None = None
    mail_blocks: int | None = None
    page_views: int | None = None
    orders: int | None = None
    revenue: float | None = None
    conversion_rate: float | None = None
    subject_line: str | None = None
    from_name: str | None = None
    from_address: str | None = None
    is_split_test: bool | None = None
    tags: tuple[str, ...] | None = None
    send_status_fails: int | None = None
    assisted_orders: int | None = None
    assisted_revenue: float | None = None
    percentage_delivered: float | None = None
    percentage_unique_opens: float | None = None
    percentage_unique_clicks: float | None = None
    percentage_unique_clicks_to_opens: float | None = None
    percentage_replies: float | None = None
    percentage_hard_bounces: float | None = None
    percentage_soft_bounces: float | None = None
    percentage_unsubscribes: float | None = None


class SplitSender(Shape):
    """A sender of one version of a split test."""

    id: int | None = None
    email: str | None = None


class SplitVersion(Shape):
    """One version of a split test, and how it did."""

    subject_line: str | None = None
    from_name: str | None = None
    from_address: str | None = None
    version: str | None = None
    html_content: str | None = Field(default=None, repr=False)
    plain_text_content: str | None = Field(default=None, repr=False)
    winning_version: bool | None = None
    results_actual: float | None = None
    results_percentage: float | None = None


class SplitResult(Shape):
    """How the versions of a split test did."""

    versions: tuple[SplitVersion, ...] = ()
    split_test_winner_metric: str | None = None


class SplitTest(Shape):
    """A campaign in several versions."""

    id: int
    name: str | None = None
    subjects: tuple[str, ...] | None = None
    from_names: tuple[str, ...] | None = None
    from_addresses: tuple[SplitSender, ...] | None = None
    html_contents: tuple[str, ...] | None = Field(default=None, repr=False)
    plain_text_contents: tuple[str, ...] | None = Field(default=None, repr=False)
    reply_action: str | None = None
    reply_to_address: str | None = None
    status: str | None = None


class Prepared(Shape):
    """A triggered campaign with the values of one recipient filled in."""

    id: int
    name: str | None = None
    processed_html_content: str | None = Field(default=None, repr=False)
    processed_plain_text_content: str | None = Field(default=None, repr=False)
