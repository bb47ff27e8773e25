"""An API user's name and password on every request, and one question about where the account lives."""

from __future__ import annotations

from dataclasses import dataclass

from martech.provider import BasicAuth, HttpRequest, Token, get
from martech_dotdigital.reading import read_v2
from martech_dotdigital.wire.account import AccountInfo

__all__ = ["REGIONAL_HOST", "DotdigitalAuth", "endpoint_of"]

REGIONAL_HOST = r"https://r[0-9]+-api\.dotdigital\.com"
"""The only addresses that may stand for an account's own, whatever the vendor's answer says (S1)."""
ENDPOINT = "apiendpoint"


@dataclass(frozen=True, slots=True)
class DotdigitalAuth(BasicAuth):
    """HTTP Basic. There is nothing to log in to; the region is asked for once."""

    integration_token: str | None = None

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        """Return the request with the credentials, and the partner's token if there is one."""
        signed = BasicAuth.sign(self, request, token)
        if self.integration_token is None:
            return signed
        return signed.with_header("x-ddg-integration-token", self.integration_token)

    async def locate(self) -> str:
        """Ask where the account lives. One request, which is answered in every region (S1)."""
        reply = await get("/v2/account-info", host="locator", limit="high")
        found = endpoint_of(read_v2(AccountInfo, reply))
        if found is None:
            raise reply.unexpected("the account's properties name no ApiEndpoint")
        return found


def endpoint_of(account: AccountInfo) -> str | None:
    """Return the base address that an account names for itself, without its trailing slash."""
    named = (one["value"] for one in account["properties"] if one["name"].casefold() == ENDPOINT)
    return next((value.strip().rstrip("/") for value in named if value and value.strip()), None)
