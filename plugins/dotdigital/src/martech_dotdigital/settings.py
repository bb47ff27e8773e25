"""What one account at Dotdigital needs to be told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from martech.provider import Settings
from martech_dotdigital.assumed import EVERYONE_LIST, IMPORT_BODY_BYTES, LOCATOR_URL, SEND_KEY_FIELD

__all__ = ["DotdigitalSettings"]


class DotdigitalSettings(Settings):
    """An API user, and how its account is to be spoken to. Only `user` and `password` have to be given."""

    user: str
    """The generated name of the API user, `apiuser-…@apiconnector.com`."""
    password: SecretStr
    region: str = Field(default="auto", pattern=r"^(auto|r[0-9]+)$")
    """`auto` asks the vendor once where the account lives; `r1`, `r2`, `r3` … skip that question."""
    base_url: str | None = None
    """A whole base address, in place of any region."""
    locator_url: str = LOCATOR_URL
    """Whom to ask where the account lives."""
    own_identifier: str | None = Field(default=None, pattern=r"^[-A-Za-z0-9_]{1,50}$")
    """Which custom identifier carries the user's own id. Without it, own ids cannot be used."""
    rate_scheme: Literal["tiered", "flat"] = "tiered"
    """How the vendor limits this API user: by tiers (usual) or, deprecated, by calls in an hour."""
    sms_route: Literal["omnichannel", "v2"] = "omnichannel"
    """By which of its two ways a text message goes: `omnichannel` gives an id back, `v2` does not."""
    metadata_as_text: bool = False
    """Send the metadata of an e-mail as text that holds JSON; one of two published forms (S34-12)."""
    send_key_field: str = SEND_KEY_FIELD
    """Under which name our key of a send travels in a message's metadata."""
    everyone_list: str = EVERYONE_LIST
    """The name of the built-in list that holds everybody."""
    import_body_bytes: int = Field(default=IMPORT_BODY_BYTES, ge=1000)
    """How large the body of one import may be."""
    integration_token: str | None = None
    """A partner's tracking token, sent with every request if there is one."""
