"""The consent guard: no automatic path moves a person towards being contacted."""

from martech.consent.guard import grant, writable

__all__ = ["grant", "writable"]
