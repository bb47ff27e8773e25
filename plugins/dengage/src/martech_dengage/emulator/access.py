"""Who may call: login and tokens, the allow-list of addresses, permissions, and the general rate limit."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from martech.emulation import HttpRequest, Incoming, Response, reply, route
from martech_dengage.emulator.envelope import FORBIDDEN, Refusal, refused, too_many
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.vendor import Vendor

__all__ = ["PASSWORD", "USER_KEY", "Access"]

USER_KEY = "acme_api_user"
PASSWORD = "dG-7hQ2vXw9LkZ4pRt6s"  # noqa: S105 - an invented account of a pretended vendor
OTHER_HOSTS = "/api/"
"""What the event and push hosts answer; they know an account id and no token (C3, C6)."""

KEPT_SECRETS = 20
"""How many of the latest tokens are watched for in addresses."""

# Only the names for the data space were seen (D5; spelled this way in an error body, C4). ASSUMPTION: the others.
_PERMISSION_AREAS = {
    "dataspace": "dataSpace",
    "bulk": "dataSpace",
    "contacts": "dataSpace",
    "contents": "content",
    "sends": "send",
    "push": "push",
    "liveActivity": "push",
    "transactional": "transactional",
    "email": "settings",
    "sms": "settings",
    "logs": "log",
}


class Access(Vendor):
    """The route that logs in, and the gates that every request passes."""

    def __post_init__(self, seed: int) -> None:
        super().__post_init__(seed)
        self._tokens: dict[str, datetime] = {}
        self._issued: deque[str] = deque(maxlen=KEPT_SECRETS)
        self._logins: deque[datetime] = deque()
        self._requests: dict[str, deque[datetime]] = defaultdict(deque)
        self.reads_under_way = 0
        """How many reads wait to be answered at this moment."""
        self._counting = Lock()

    def __call__(self, request: HttpRequest) -> Response:
        """Serve one request, and count the reads that are under way, those that wait for their turn included."""
        if request.method != "GET":
            return super().__call__(request)
        with self._counting:
            self.reads_under_way += 1
        try:
            return super().__call__(request)
        finally:
            with self._counting:
                self.reads_under_way -= 1

    @route("POST", "/login")
    def login(self, incoming: Incoming) -> Response:
        """Log in (C1, C3, C4, C6): the one answer that comes without an envelope."""
        try:
            if self.logins_per_minute is not None and not self._taken(self._logins, self.logins_per_minute, 60):
                raise too_many()
            body = Fields.of(incoming)
            given = body.text("userkey"), body.text("password")
        except Refusal as refusal:
            return refused(self, refusal)
        if given != (USER_KEY, PASSWORD):
            return reply(self.bad_login_status)
        token = f"dgt_{self.random.getrandbits(256):064x}"
        self._tokens[token] = self.agenda.now() + timedelta(seconds=self.token_seconds)
        self._issued.append(token)
        return reply(200, {"access_token": token, "expires_in": int(self.token_seconds)})

    def secrets(self) -> tuple[str, ...]:
        """Return the password and the latest tokens."""
        return (PASSWORD, *self._issued)

    def expire_tokens(self) -> None:
        """Make every token that is out there invalid."""
        self._tokens.clear()

    def before(self, incoming: Incoming) -> Response | None:
        """Answer in the vendor's order: address, rate, path, token, permission."""
        self.catch_up()
        address = (incoming.headers.get("x-forwarded-for") or self.caller_ip).split(",")[0].strip()
        if self.allowed_ips is not None and address not in self.allowed_ips:
            # Before anything else, on login too (C4).
            said = None if self.empty_ip_refusal else {"actionResult": f"IP address {address} is not whitelisted"}
            return reply(403, said)
        if incoming.path.startswith(OTHER_HOSTS):
            return None
        if self.requests_per_second is not None:
            requests = self._requests[address]
            if not self._taken(requests, self.requests_per_second, 1):
                return refused(self, too_many())
        if (
            self.reads_at_once is not None
            and incoming.method == "GET"
            and self.reads_under_way > self.reads_at_once
        ):
            return refused(self, too_many())
        if not incoming.path.startswith(f"{self.path_prefix}/"):
            return self.no_such_route(incoming)
        path = incoming.path.removeprefix(self.path_prefix)
        if path.rstrip("/") == "/login":
            return None
        if not self._logged_in(incoming):
            return reply(401)
        return self._forbidden(incoming.method, path.strip("/").split("/")[0])

    def _logged_in(self, incoming: Incoming) -> bool:
        token = incoming.bearer()
        if token is None and self.accept_bare_token:
            token = incoming.headers.get("authorization")
        expires_at = self._tokens.get(token or "")
        return expires_at is not None and self.agenda.now() < expires_at

    def _forbidden(self, method: str, area: str) -> Response | None:
        if area not in _PERMISSION_AREAS:
            return None
        needed = f"{_PERMISSION_AREAS[area]}.{'read' if method == 'GET' else 'manage'}"
        denied = {name.casefold() for name in self.denied_permissions}
        if needed.casefold() not in denied:
            return None
        data: dict[str, Any] = {"missingPermissions": [needed]}
        empty = self.empty_forbidden and area == "transactional"
        return refused(self, Refusal(403, FORBIDDEN, "Forbidden", data, empty=empty))

    def _taken(self, times: deque[datetime], at_most: int, seconds: float) -> bool:
        """Take one of so many places within a sliding window, if there is one; what is refused takes none."""
        now = self.agenda.now()
        while times and times[0] <= now - timedelta(seconds=seconds):
            times.popleft()
        if len(times) >= at_most:
            return False
        times.append(now)
        return True
