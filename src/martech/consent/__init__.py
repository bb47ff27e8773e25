"""The consent guard: no automatic path moves a person towards being contacted."""

from martech.consent.guard import grant, guarded, writable

__all__ = ["grant", "guarded", "writable"]
