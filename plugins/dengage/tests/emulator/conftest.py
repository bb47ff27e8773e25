"""A plain client of the pretended dEngage, written for these tests alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from pydantic_core import from_json, to_json

from martech.testing.clock import ManualClock
from martech.wire import Headers, HttpRequest
from martech_dengage.emulator import DengageEmulator


@dataclass(frozen=True)
class Said:
    """What came back."""

    status: int
    body: Any

    @property
    def code(self) -> Any:
        return self.body["code"]

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def job(self) -> str:
        return str(self.body["transactionId"])


class Api:
    """Speaks to one emulator in process, logged in unless told otherwise."""

    def __init__(self, emulator: DengageEmulator, clock: ManualClock) -> None:
        self.emulator = emulator
        self.clock = clock
        self.token: str | None = None

    def login(self, **given: Any) -> Said:
        settings = self.emulator.settings()
        pair = {"userkey": settings["userkey"], "password": settings["password"]}
        said = self("POST", "/login", given or pair, token=None)
        if said.status == 200:
            self.token = said.body["access_token"]
        return said

    def __call__(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        token: str | None = "",
        base: str | None = None,
        **query: Any,
    ) -> Said:
        """Send one request; `raw` bytes may stand for the body."""
        headers = {"Content-Type": "application/json"}
        if token == "":
            token = f"Bearer {self.token}"
        if token is not None:
            headers["Authorization"] = token
        if address := query.pop("from_ip", None):
            headers["X-Forwarded-For"] = address
        url = (base or f"{self.emulator.public_url}/rest") + path
        if query:
            url += "?" + urlencode(query, doseq=True, quote_via=quote)
        body = json if isinstance(json, bytes) else b"" if json is None else to_json(json)
        response = self.emulator(HttpRequest(method, url, Headers(headers.items()), body))
        return Said(response.status, from_json(response.body) if response.body else None)

    def get(self, path: str, **query: Any) -> Said:
        return self("GET", path, **query)

    def post(self, path: str, json: Any = None, **query: Any) -> Said:
        return self("POST", path, json, **query)

    def put(self, path: str, json: Any = None) -> Said:
        return self("PUT", path, json)

    def delete(self, path: str, json: Any = None) -> Said:
        return self("DELETE", path, json)

    def control(self, path: str, **given: Any) -> Said:
        response = self.emulator.control("POST", path, given)
        return Said(response.status, from_json(response.body))

    # ── what many tests do first ─────────────────────────────────────────────────────────────────────────────

    def bulk(self, *records: dict[str, Any], **more: Any) -> Said:
        """BulkUpsert of records that all have the columns of the first."""
        return self.post("/bulk/contacts", {"columns": list(records[0]), "contactDatas": list(records), **more})

    def contact(self, key: str) -> Any:
        """The one contact with that key, as the API shows it."""
        (found,) = self.get(f"/contacts/{quote(key, safe='')}").data["contacts"]
        return found

    def table(self, name: str = "weekly", *, key: bool = True, primary: bool = True, **more: Any) -> str:
        """A table with a contact key and a topic; return its id."""
        columns = [
            {"name": "contact_key", "type": "TEXT", "isPrimary": primary, "isNullable": False},
            {"name": "topic", "type": "TEXT"},
        ]
        sendable = {"contactKeyColumn": "contact_key"} if key else {}
        said = self.post("/dataspace/tables", {"name": name, "columns": columns, **sendable, **more})
        return str(said.data["tableId"])

    def rows(self, table: str, *keys: str) -> Said:
        """Write a row for each contact key."""
        rows = [{"contact_key": key, "topic": "rust"} for key in keys]
        body = {"tableId": table, "columns": ["contact_key", "topic"], "rows": rows}
        return self.post("/dataspace/sync/upsert", body)

    def all_rows(self, path: str, *, limit: int = 100, **query: Any) -> list[Any]:
        """Every row of a paged answer, to the end."""
        rows: list[Any] = []
        while True:
            data = self.get(path, limit=limit, offset=len(rows), **query).data
            rows += data["result"]
            if len(rows) >= data["totalRowCount"]:
                return rows


@pytest.fixture
def connect() -> Callable[..., Api]:
    """Build an emulator with some switches and log in; it has no rate limit unless asked for."""

    def build(**switches: Any) -> Api:
        clock = ManualClock()
        emulator = DengageEmulator(clock=clock, **{"requests_per_second": None, "bulk_gate": False, **switches})
        api = Api(emulator, clock)
        api.login()
        return api

    return build


@pytest.fixture
def api(connect: Callable[..., Api]) -> Api:
    """An emulator as it comes, logged in, without limits on how often it is asked."""
    return connect()
