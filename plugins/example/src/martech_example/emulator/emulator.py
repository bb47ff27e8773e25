"""The emulator: one method per operation of the README."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from martech.emulation import Clock, Emulator, Incoming, Response, reply, route
from martech_example.emulator.people import BadPersonError, Person, check

NAME, PASSPHRASE = "robin", "correct-horse-battery-staple"
TICKET_MINUTES = 20
CALLS_A_SECOND = 20
PEOPLE_A_BATCH = 20
PEOPLE_A_LOAD = 500
PEOPLE_A_PAGE = 50
OUTCOMES_A_PAGE = 100
NONCE_LIFE = timedelta(days=1)


@dataclass(slots=True)
class Load:
    """People handed over in one go, and what became of them once it was done."""

    people: Sequence[object]
    since: datetime
    rows: list[dict[str, Any]] = field(default_factory=list)
    worked: bool = False


class PigeonpostEmulator(Emulator):
    """Pigeonpost, pretended.

    Args:
        clock: Its clock.
        seed: What everything random is drawn from.
        load_seconds: How long a load takes.
        loads_never_end: Whether loads stay `working` for good.
        loads_break: Whether loads end `broken`.
        half_refused: Whether every second row of a batch or load is refused.
        rows_reversed: Whether batches answer in another order than they were asked.
        stamps: How many letters may be sent.
    """

    name: ClassVar[str] = "example"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        load_seconds: float = 3.0,
        loads_never_end: bool = False,
        loads_break: bool = False,
        half_refused: bool = False,
        rows_reversed: bool = True,
        stamps: int = 1_000_000,
    ) -> None:
        super().__init__(clock=clock, seed=seed)
        self.load_seconds = load_seconds
        self.loads_never_end = loads_never_end
        self.loads_break = loads_break
        self.half_refused = half_refused
        self.rows_reversed = rows_reversed
        self.stamps = stamps
        self.people: dict[str, Person] = {}
        self.circles: dict[str, tuple[str, dict[str, None]]] = {}
        self.loads: dict[str, Load] = {}
        self.letters: dict[str, str] = {}
        self._nonces: dict[str, tuple[str, datetime]] = {}
        self._tickets: dict[str, datetime] = {}
        self._window: tuple[int, int] = (0, 0)
        self._taken = 0
        self._order: list[str] | None = None

    # ── what the frame asks ──────────────────────────────────────────────────────────────────────────────────

    def settings(self) -> dict[str, Any]:
        """Return what a client connects with."""
        return {"name": NAME, "passphrase": PASSPHRASE, "base_url": self.public_url}

    def secrets(self) -> tuple[str, ...]:
        """Return the passphrase and the tickets that are out there."""
        return (PASSPHRASE, *self._tickets)

    def expire_tokens(self) -> None:
        """End every ticket."""
        self._tickets.clear()

    def contactable(self, person: str, channel: str = "email") -> bool | None:
        """Return whether mail would reach somebody; by address or ref."""
        known = self.people.get(person.casefold()) or next(
            (one for one in self.people.values() if one.texts.get("ref") == person), None
        )
        return None if known is None else channel == "email" and known.mail == "yes"

    def seed_people(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Put people in."""
        before = len(self.people)
        for row in rows:
            if not row.get("email"):
                continue
            given: dict[str, Any] = {"given": row.get("first_name"), "family": row.get("last_name")}
            given |= {"ref": row.get("key"), "phone": "".join(filter(str.isdigit, row.get("phone") or ""))}
            given["mail"] = "no" if row.get("unsubscribed_email") == "true" else "yes"
            self._person(row["email"]).write(given)
        return len(self.people) - before

    def no_such_route(self, incoming: Incoming) -> Response:
        """Answer what Pigeonpost does not have."""
        return reply(404, _error("unknown", f"no such path: {incoming.method} {incoming.path}"))

    def before(self, incoming: Incoming) -> Response | None:
        """Count calls, and ask for a ticket."""
        second = int(self.clock.now().timestamp())
        calls = self._window[1] + 1 if self._window[0] == second else 1
        self._window = (second, calls)
        if calls > CALLS_A_SECOND:
            return reply(429, _error("busy", "too many calls"), headers={"X-Wait": "1"})
        if incoming.path == "/session":
            return None
        until = self._tickets.get(incoming.headers.get("x-ticket") or "")
        if until is None or until <= self.clock.now():
            return _refused("ticket", "the ticket is missing or has expired")
        return None

    # ── logging in ───────────────────────────────────────────────────────────────────────────────────────────

    @route("POST", "/session")
    def login(self, incoming: Incoming) -> Response:
        """Give a ticket."""
        given = _body(incoming)
        if (given.get("name"), given.get("passphrase")) != (NAME, PASSPHRASE):
            return _refused("login", "wrong name or passphrase")
        ticket = self.new_id()
        self._tickets[ticket] = self.clock.now() + timedelta(minutes=TICKET_MINUTES)
        return _ok(ticket=ticket, minutes=TICKET_MINUTES)

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────

    @route("GET", "/people/{address}")
    def get_person(self, incoming: Incoming) -> Response:
        """Show one person."""
        person = self.people.get(incoming.parts["address"].casefold())
        return _ok(person=person.shown()) if person else _refused("unknown", "nobody has this address")

    @route("DELETE", "/people/{address}")
    def delete_person(self, incoming: Incoming) -> Response:
        """Forget one person."""
        key = incoming.parts["address"].casefold()
        if self.people.pop(key, None) is None:
            return _refused("unknown", "nobody has this address")
        self._order = None
        for _, members in self.circles.values():
            members.pop(key, None)
        return _ok()

    @route("PUT", "/people/{address}")
    def put_person(self, incoming: Incoming) -> Response:
        """Write one person."""
        mode = incoming.arg("mode", "any")
        known = incoming.parts["address"].casefold() in self.people
        if mode == "add" and known:
            return _refused("exists", "somebody has this address")
        if mode == "change" and not known:
            return _refused("unknown", "nobody has this address")
        try:
            given = check({**(_body(incoming).get("person") or {}), "address": incoming.parts["address"]})
        except BadPersonError as bad:
            return _refused("bad", str(bad))
        person = self._person(given["address"])
        person.write(given)
        return _ok(person=person.shown(), was="known" if known else "new")

    @route("GET", "/people")
    def list_people(self, incoming: Incoming) -> Response:
        """Show a page of people, by address."""
        if self._order is None:
            self._order = sorted(self.people)
        return self._page(incoming, self._order)

    @route("POST", "/people/batch")
    def batch(self, incoming: Incoming) -> Response:
        """Write a few people."""
        people = _body(incoming).get("people")
        if not isinstance(people, list):
            return _refused("bad", "people must be a list")
        if len(people) > PEOPLE_A_BATCH:
            return _refused("many", f"at most {PEOPLE_A_BATCH} people")
        rows = [self._written(one, index) for index, one in enumerate(people)]
        rows = rows[::-1] if self.rows_reversed else rows
        done = [{"address": row["address"], "was": row["result"]} for row in rows if row["result"] != "bad"]
        bad = [{"address": row["address"], "why": row["why"]} for row in rows if row["result"] == "bad"]
        return _ok(done=done, bad=bad)

    @route("POST", "/people/{address}/mail")
    def set_mail(self, incoming: Incoming) -> Response:
        """Say whether somebody wants mail."""
        person = self.people.get(incoming.parts["address"].casefold())
        word = _body(incoming).get("mail")
        if person is None:
            return _refused("unknown", "nobody has this address")
        if word not in ("yes", "no"):
            return _refused("bad", "mail must be yes or no")
        if person.mail == "blocked" and word == "yes":
            return _refused("bad", "mail to this address bounced")
        person.write({"mail": word})
        return _ok()

    # ── loads ────────────────────────────────────────────────────────────────────────────────────────────────

    @route("POST", "/loads")
    def add_load(self, incoming: Incoming) -> Response:
        """Take many people, to be written later."""
        people = _body(incoming).get("people")
        if not isinstance(people, list):
            return _refused("bad", "people must be a list")
        if len(people) > PEOPLE_A_LOAD:
            return _refused("many", f"at most {PEOPLE_A_LOAD} people")
        self._taken += 1
        load = f"L-{self._taken}"
        self.loads[load] = Load(people, self.clock.now())
        return _ok(load=load)

    @route("GET", "/loads/{load}")
    def load_state(self, incoming: Incoming) -> Response:
        """Say how far a load is."""
        load = self.loads.get(incoming.parts["load"])
        return _ok(state=self._state(load)) if load else _refused("unknown", "no such load")

    @route("GET", "/loads/{load}/outcome")
    def load_outcome(self, incoming: Incoming) -> Response:
        """Show what became of a load's rows."""
        load = self.loads.get(incoming.parts["load"])
        if load is None or self._state(load) != "done":
            return _refused("unknown", "no such load, or it is not done")
        start, size = _window(incoming, OUTCOMES_A_PAGE)
        return _ok(rows=load.rows[start : start + size], total=len(load.rows))

    # ── circles ──────────────────────────────────────────────────────────────────────────────────────────────

    @route("GET", "/circles")
    def list_circles(self, incoming: Incoming) -> Response:
        """Show all circles."""
        del incoming
        return _ok(circles=[self._circle(circle) for circle in self.circles])

    @route("POST", "/circles")
    def add_circle(self, incoming: Incoming) -> Response:
        """Make a circle."""
        title = _body(incoming).get("title")
        if not isinstance(title, str) or not title.strip():
            return _refused("bad", "a circle needs a title")
        if any(title == known for known, _ in self.circles.values()):
            return _refused("exists", "there is a circle of this title")
        circle = f"c{len(self.circles) + 1}"
        self.circles[circle] = (title, {})
        return _ok(circle=self._circle(circle))

    @route("DELETE", "/circles/{circle}")
    def delete_circle(self, incoming: Incoming) -> Response:
        """Forget a circle."""
        return _ok() if self.circles.pop(incoming.parts["circle"], None) else _refused("unknown", "no such circle")

    @route("POST", "/circles/{circle}/join")
    def join(self, incoming: Incoming) -> Response:
        """Put people into a circle, making those it does not know."""

        def take(address: str, members: dict[str, None]) -> bool:
            self._person(address)
            members[address.casefold()] = None
            return True

        return self._moved(incoming, take)

    @route("POST", "/circles/{circle}/leave")
    def leave(self, incoming: Incoming) -> Response:
        """Take people out of a circle."""

        def drop(address: str, members: dict[str, None]) -> bool:
            known = address.casefold() in members
            members.pop(address.casefold(), None)
            return known

        return self._moved(incoming, drop)

    @route("GET", "/circles/{circle}/people")
    def circle_people(self, incoming: Incoming) -> Response:
        """Show a page of the people of a circle."""
        known = self.circles.get(incoming.parts["circle"])
        return self._page(incoming, list(known[1])) if known else _refused("unknown", "no such circle")

    # ── letters ──────────────────────────────────────────────────────────────────────────────────────────────

    @route("POST", "/letters")
    def send_letter(self, incoming: Incoming) -> Response:
        """Send a letter; the same nonce within a day sends nothing."""
        given = _body(incoming)
        if not all(
            isinstance(given.get(name), str) and given[name] for name in ("to", "subject", "body", "nonce")
        ):
            return _refused("bad", "a letter needs to, subject, body and nonce")
        now = self.clock.now()
        before = self._nonces.get(given["nonce"])
        if before is not None and now - before[1] < NONCE_LIFE:
            return _ok(letter=before[0])
        if self.stamps <= 0:
            return _refused("bad", "no stamps left")
        self.stamps -= 1
        letter = self.new_id()
        self._nonces[given["nonce"]] = (letter, now)
        self.letters[letter] = "bounced" if given["to"].endswith("@bounce.test") else "gone"
        self.send("email", given["to"], given["subject"], key=given["nonce"])
        return _ok(letter=letter)

    @route("GET", "/letters/{letter}")
    def letter_state(self, incoming: Incoming) -> Response:
        """Say how far a letter is. Assumed: the facts do not give this path."""
        state = self.letters.get(incoming.parts["letter"])
        return _ok(state=state) if state else _refused("unknown", "no such letter")

    @route("GET", "/stamps")
    def stamps_left(self, incoming: Incoming) -> Response:
        """Say how many letters are left."""
        del incoming
        return _ok(left=self.stamps)

    # ── how it works inside ──────────────────────────────────────────────────────────────────────────────────

    def _person(self, address: str) -> Person:
        key = address.casefold()
        if key not in self.people:
            self.people[key] = Person(address)
            self._order = None
        return self.people[key]

    def _written(self, given: object, index: int) -> dict[str, Any]:
        address = given.get("address") if isinstance(given, dict) else None
        known = isinstance(address, str) and address.casefold() in self.people
        try:
            if self.half_refused and index % 2:
                raise BadPersonError("not today")
            person = check(given)
        except BadPersonError as bad:
            return {"address": str(address), "result": "bad", "why": str(bad)}
        self._person(person["address"]).write(person)
        return {"address": person["address"], "result": "known" if known else "new"}

    def _state(self, load: Load) -> str:
        age = (self.clock.now() - load.since).total_seconds()
        if age < self.load_seconds / 2:
            return "queued"
        if age < self.load_seconds or self.loads_never_end:
            return "working"
        if self.loads_break:
            return "broken"
        if not load.worked:
            load.worked = True
            load.rows = [self._written(one, index) for index, one in enumerate(load.people)]
        return "done"

    def _circle(self, circle: str) -> dict[str, Any]:
        title, members = self.circles[circle]
        return {"id": circle, "title": title, "size": len(members)}

    def _moved(self, incoming: Incoming, move: Any) -> Response:
        known = self.circles.get(incoming.parts["circle"])
        addresses = _body(incoming).get("addresses")
        if known is None:
            return _refused("unknown", "no such circle")
        if not isinstance(addresses, list) or not all(isinstance(one, str) and "@" in one for one in addresses):
            return _refused("bad", "addresses must be a list of addresses")
        if len(addresses) > PEOPLE_A_BATCH:
            return _refused("many", f"at most {PEOPLE_A_BATCH} addresses")
        moved = {address: move(address, known[1]) for address in addresses}
        done = [address for address, was in moved.items() if was]
        return _ok(done=done, nobody=[address for address, was in moved.items() if not was])

    def _page(self, incoming: Incoming, keys: Sequence[str]) -> Response:
        start, size = _window(incoming, PEOPLE_A_PAGE)
        shown = [self.people[key].shown() for key in keys[start : start + size]]
        return _ok(people=shown, total=len(keys))


def _ok(**answer: Any) -> Response:
    return reply(200, {"ok": True, **answer})


def _error(code: str, text: str) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "text": text}}


def _refused(code: str, text: str) -> Response:
    return reply(200, _error(code, text))


def _body(incoming: Incoming) -> dict[str, Any]:
    try:
        given = incoming.json()
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _window(incoming: Incoming, most: int) -> tuple[int, int]:
    def number(name: str, usual: int) -> int:
        text = incoming.arg(name) or ""
        return int(text) if text.isdigit() else usual

    return number("from", 0), max(1, min(number("count", most), most))
