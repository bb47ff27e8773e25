"""How people and mailboxes answer to what they are sent: the rates it is drawn by."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Engagement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """The shares by which the outcome of a campaign's messages is drawn from the seed; all are invented."""

    hard_bounce: float = 0.02
    """Of the messages sent."""
    soft_bounce: float = 0.02
    """Of the messages sent."""
    open: float = 0.4
    """Of the messages delivered."""
    click: float = 0.25
    """Of the messages opened."""
    spam: float = 0.002
    """Of the messages opened."""
    unsubscribe: float = 0.01
    """Of the messages opened."""
    sms_failure: float = 0.02
    """Of the text messages sent."""

    @classmethod
    def none(cls) -> Engagement:
        """Return the rates at which everything arrives and nobody does anything."""
        return cls(hard_bounce=0, soft_bounce=0, open=0, click=0, spam=0, unsubscribe=0, sms_failure=0)
