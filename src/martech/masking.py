"""Takes personal data and secrets out of text that people or machines will keep.

Used wherever a vendor's words or a request reach an error, a log record or a span. Masking keeps enough to
recognise a record one already holds (`a…@example.org`, `…4567`) and too little to learn it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import blake2b

__all__ = ["kept_key", "mask", "mask_email", "mask_phone"]

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
        text = _without_emails(text, at_domain, mask_email)
    return _PHONE.sub(lambda found: mask_phone(found.group()), text)


def _without_emails(text: str, at_domain: re.Pattern[str], hidden: Callable[[str], str]) -> str:
    kept: list[str] = []
    done = 0
    for found in at_domain.finditer(text):
        name = _NAME_BACKWARDS.match(text[done : found.start()][::-1])
        start = found.start() - (name.end() if name else 0)
        if start < found.start():
            kept += [text[done:start], hidden(text[start : found.end()])]
            done = found.end()
    return "".join([*kept, text[done:]])


def mask_email(address: str) -> str:
    """Return the first letter and the domain of an address: `ada@example.org` becomes `a…@example.org`."""
    name, _, domain = address.replace("%40", "@").rpartition("@")
    return f"{name[:1]}…@{domain}"


def mask_phone(number: str) -> str:
    """Return the last two digits of a phone number: `+44 7700 900123` becomes `…23`."""
    return f"…{number[-2:]}"


_NUMBER = re.compile(r"\+[0-9](?:[ ().\-]?[0-9]){6,14}")
_LONGEST_KEY = 200
"""How many characters of a key are kept; PostgreSQL could not look for one of many thousands."""


def kept_key(key: str) -> str:
    """Return a send key as it is kept and shown: as it is, unless it names a person or cannot be shown.

    An address, or a number with its `+`, becomes `person-` and a digest of the whole key, so that the same key is
    the same send everywhere. Whoever has a list of addresses can tell which it was: better name an order than a
    person.
    """
    if key.isprintable() and len(key) <= _LONGEST_KEY and not any(mark in key for mark in ("@", "%40", "+")):
        return key
    digest = blake2b(key.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    hidden = f"person-{digest}"
    text = _NUMBER.sub(hidden, key)
    for at_domain in _AT_DOMAIN:
        text = _without_emails(text, at_domain, lambda address: hidden if "." in address else address)
    shown = "".join(one if one.isprintable() else "_" for one in text)
    if shown == text and len(text) <= _LONGEST_KEY:
        return text
    return f"{shown[: _LONGEST_KEY // 2]}-{digest}"
