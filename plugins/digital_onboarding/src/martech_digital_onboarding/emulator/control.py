"""What only tests may do: put people in, set switches, read what happened, over HTTP too.

==================================  ==========================================================================
`POST /_emulator/people`            `{"rows": [...]}`: put people in
`POST /_emulator/contactable`       `{"person": …, "channel": …}`: would a message reach that person now?
`POST /_emulator/opt-out`           `{"person": …, "channel": …}`: the person opts out by a link or a reply
`GET  /_emulator/journeys`          every time that a journey was created or updated
`GET  /_emulator/pages`             what anybody reads who inspects the pages of journeys
`GET  /_emulator/completions`       every objective that was posted as completed
`GET  /_emulator/ignored`           every member that was posted and had no effect
`GET  /_emulator/webhooks`          the deliveries that were collected, and the secrets they are signed with
`POST /_emulator/webhooks`          the arguments of `WebhookSender.delivery`: build one delivery
`POST /_emulator/webhook-secrets`   retire the older webhook secret
`POST /_emulator/csv`               `{"content": …}`: import a file
`POST /_emulator/clients`           issue other credentials; answers the new settings
`POST /_emulator/switches`          any switches by name
==================================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from martech.emulation import HttpRequest, Incoming, Response, reply
from martech_digital_onboarding.emulator.answers import refusal
from martech_digital_onboarding.emulator.assumptions import NOT_FOUND
from martech_digital_onboarding.emulator.imports import CsvImport
from martech_digital_onboarding.emulator.vocabulary import BOOLEAN_FIELDS

__all__ = ["Controls"]


class Controls(CsvImport):
    """The side of the emulator that no client of the vendor sees."""

    def settings(self) -> dict[str, Any]:
        """Return the newest credentials and where to use them."""
        return {**self.credentials.as_settings(), "base_url": self.public_url}

    def secrets(self) -> tuple[str, ...]:
        """Return every client id, client secret and token that was ever issued."""
        return self.credentials.secrets

    def no_such_route(self, incoming: Incoming) -> Response:
        """Answer 404, in the shape that errors have here."""
        del incoming
        return refusal(404, NOT_FOUND)

    def issue_client(self) -> dict[str, Any]:
        """Issue other credentials, as the admin interface does, and return the settings that name them."""
        number = self.random.getrandbits(64)
        self.credentials.issue_client(
            f"ci_emulated_{number:016x}", f"cs_emulated_{self.random.getrandbits(64):016x}"
        )
        return self.settings()

    def revoke_client(self) -> None:
        """Revoke the newest credentials with all their tokens, as the admin interface does."""
        self.credentials.revoke(self.credentials.newest)

    def contactable(self, person: str, channel: str = "email") -> bool | None:
        """Return whether a message would reach any of the contacts that share this name or address.

        `person` is a `unique_id`, the vendor's id or an e-mail address. None if nobody bears it.
        """
        with self._lock:
            named = self.people.named(person)
            return any(contact.contactable(channel) for contact in named) if named else None

    def opt_out(self, person: str, channel: str = "email") -> int:
        """Let a person opt out by a link or a reply, outside the interface; return how many contacts that were.

        `person` is as for `contactable`: an address opts out every contact that has it, an id only its own.
        """
        if f"unsubscribe_{channel}" not in BOOLEAN_FIELDS:
            raise ValueError(f"nobody can opt out of {channel!r}")
        with self._lock:
            named = self.people.named(person)
            for contact in named:
                no = {f"unsubscribe_{channel}": True}
                self.people.write(contact, no, self.clock.now(), meta_public="replace")
                if self.collect_webhooks:
                    self.webhooks.collect(contact.id)
        return len(named)

    def seed_people(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Put people in; `key` becomes the `unique_id`, for which the address stands in where there is none."""
        count = 0
        with self._lock:
            now = self.clock.now()
            for row in rows:
                count += 1
                unique_id = row.get("key") or row.get("email") or self.new_id()
                contact = self.people.by_unique_id.get(unique_id)
                contact = contact or self.people.add(self.new_id(), unique_id, now)
                self.people.write(contact, _seeded(row), now, meta_public="replace")
        return count

    def control(self, method: str, path: str, given: Mapping[str, Any]) -> Response:
        """Answer the control routes of this emulator."""
        # The frame holds its lock for the vendor's routes only, and these read and write the same memory.
        with self._lock:
            try:
                return self._control(method, path, given)
            except (KeyError, TypeError, ValueError) as wrong:
                return reply(400, {"error": f"{type(wrong).__name__}: {wrong}"})

    def _control(self, method: str, path: str, given: Mapping[str, Any]) -> Response:
        match method, path:
            case "POST", "people":
                return reply(200, {"seeded": self.seed_people(given["rows"])})
            case "POST", "contactable":
                return reply(200, {"contactable": self.contactable(**given)})
            case "POST", "opt-out":
                return reply(200, {"contacts": self.opt_out(**given)})
            case "GET", "journeys":
                return reply(200, [asdict(start) for start in self.journey_starts])
            case "GET", "pages":
                return reply(200, self.pages())
            case "GET", "completions":
                return reply(200, [asdict(completion) for completion in self.completions])
            case "GET", "ignored":
                return reply(200, [asdict(ignored) for ignored in self.ignored_members])
            case "GET", "webhooks":
                collected = [_as_json(delivery) for delivery in self.webhooks.collected]
                return reply(200, {"secrets": self.webhooks.secrets, "collected": collected})
            case "POST", "webhooks":
                return reply(200, _as_json(self.webhooks.delivery(**given)))
            case "POST", "webhook-secrets":
                self.webhooks.rotate()
                return reply(200, {"secrets": self.webhooks.secrets})
            case "POST", "csv":
                return reply(200, asdict(self.import_csv(given["content"])))
            case "POST", "clients":
                return reply(200, self.issue_client())
            case "POST", "switches":
                for name, value in given.items():
                    self.set_switch(name, value)
                return reply(200, {"ok": True})
            case _:
                return super().control(method, path, given)


_SEEDED = {"email": "email", "phone": "phone_mobile", "first_name": "name_first", "last_name": "name_last"}


def _seeded(row: Mapping[str, str]) -> dict[str, Any]:
    members: dict[str, Any] = {member: row[column] for column, member in _SEEDED.items() if row.get(column)}
    for channel in ("email", "sms"):
        if unsubscribed := row.get(f"unsubscribed_{channel}"):
            members[f"unsubscribe_{channel}"] = unsubscribed.strip().lower() == "true"
    return members


def _as_json(delivery: HttpRequest) -> dict[str, Any]:
    return {"url": delivery.url, "headers": list(delivery.headers), "body": delivery.body.decode()}
