"""Takes personal data and secrets out of text that people or machines will keep.

Used wherever a vendor's words or a request reach an error, a log record or a span. Masking keeps enough to
recognise a record one already holds (`a…@example.org`, `…4567`) and too little to learn it.
"""

from __future__ import annotations

import re

# An address is looked for from its @ backwards: from its first letter on, a long word without one would be read
# once for each of its letters. An encoded @ may be part of a name, so plain ones come first.
_DOMAIN = r"[A-Za-z0-9.\-\u0080-\uffff]+"
_AT_DOMAIN = (re.compile(f"@{_DOMAIN}"), re.compile(f"%40{_DOMAIN}"))
_NAME_BACKWARDS = re.compile(r"[A-Za-z0-9._%+'\-\u0080-\uffff]*")
# Seven digits or more, as E.164 subscribers have, with the separators people write. Digits that continue a
# hexadecimal or UUID token are left alone: those are the vendor's ids, which one needs to find a record.
_PHONE = re.compile(r"(?<![0-9A-Za-z\-_.:/])\+?[0-9](?:[ ().\-]?[0-9]){7,14}(?![0-9A-Za-z\-_:])")
_SECRET = re.compile(
    r"""(?ix)
    (?P<name>"?(?<![A-Za-z])(?:authorization|password|passwd|secret|client_secret|client_id|access_token|refresh_token
        |token|userkey|api[-_]?key|signature)\b"?\s*[:=]\s*)
    (?P<scheme>"?(?:basic|bearer)\s+)?
    (?P<value>"[^"]*"?|[^\s,;&"'}]+)"""
)


def mask(text: str) -> str:
    """Return `text` with addresses, phone numbers and secrets made unreadable.

    It errs on the side of hiding: a long number that is no phone number may be hidden too.
    """
    text = _SECRET.sub(lambda found: f"{found['name']}***", text)
    for at_domain in _AT_DOMAIN:
        text = _without_emails(text, at_domain)
    return _PHONE.sub(lambda found: mask_phone(found.group()), text)


def _without_emails(text: str, at_domain: re.Pattern[str]) -> str:
    kept: list[str] = []
    done = 0
    for found in at_domain.finditer(text):
        name = _NAME_BACKWARDS.match(text[done : found.start()][::-1])
        start = found.start() - (name.end() if name else 0)
        if start < found.start():
            kept += [text[done:start], mask_email(text[start : found.end()])]
            done = found.end()
    return "".join([*kept, text[done:]])


def mask_email(address: str) -> str:
    """Return the first letter and the domain of an address: `ada@example.org` becomes `a…@example.org`."""
    name, _, domain = address.replace("%40", "@").rpartition("@")
    return f"{name[:1]}…@{domain}"


def mask_phone(number: str) -> str:
    """Return the last two digits of a phone number: `+44 7700 900123` becomes `…23`."""
    return f"…{number[-2:]}"
