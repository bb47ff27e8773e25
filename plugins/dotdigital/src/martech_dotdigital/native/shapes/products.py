"""Product recommendations and counts of transactional e-mail."""

from __future__ import annotations

from martech_dotdigital.native.shapes.base import Shape, WireTime


class Recommendation(Shape):
    """A product recommendation as it is set up."""

    id: int
    name: str | None = None
    type: str | None = None
    status: str | None = None
    date_last_refreshed: WireTime = None
    date_modified: WireTime = None
    date_last_used: WireTime = None
    fallback_recommendation_id: int | None = None
    revenue: float | None = None


class EmailStats(Shape):
    """Transactional e-mail in a span of days, counted."""

    start_date: WireTime = None
    end_date: WireTime = None
    num_sent: int = 0
    num_delivered: int = 0
    num_opens: int = 0
    num_clicks: int = 0
    num_isp_complaints: int = 0
    num_bounces: int = 0
