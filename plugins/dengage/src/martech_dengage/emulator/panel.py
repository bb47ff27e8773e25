"""What people do in the panel, where the API has no operation for it; and what tests do to the world outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from martech.emulation import Response, reply
from martech_dengage.emulator.contact_book import ADDRESS_OF
from martech_dengage.emulator.contact_columns import custom_column
from martech_dengage.emulator.content import Content
from martech_dengage.emulator.engagement import Engagement
from martech_dengage.emulator.envelope import Refusal
from martech_dengage.emulator.messages import Kind, Message
from martech_dengage.emulator.tables import TableColumn
from martech_dengage.emulator.values import digits
from martech_dengage.emulator.vendor import Device, Flow, Segment, Vendor

__all__ = ["Panel"]

ENGAGEMENTS = {
    "email": {
        "delivered": Kind.DELIVERED,
        "open": Kind.OPEN,
        "click": Kind.CLICK,
        "hard_bounce": Kind.HARD_BOUNCE,
        "soft_bounce": Kind.SOFT_BOUNCE,
        "spam": Kind.SPAM,
        "unsubscribe": Kind.UNSUBSCRIBE,
    },
    "sms": {"delivered": Kind.DELIVERED, "hard_bounce": Kind.FAILED, "unsubscribe": Kind.UNSUBSCRIBE},
}
"""What can be simulated on each channel, and how reports call it."""


class Panel(Vendor):
    """The panel as methods; most of them are control routes too.

    ==============================  ===============================================================================
    `POST /_emulator/engagement`    `contact_key`, `kind` (`open`, `click`, `hard_bounce`, `soft_bounce`, `spam`,
                                    `unsubscribe`, `delivered`); optional `channel`, `tracking_id`
    `POST /_emulator/segments`      `name`; optional `contact_keys` (everyone if left out) → `segmentId`
    `POST /_emulator/contents`      `channel`, `name`, `languages`; optional `transactional`, `location`
                                    → `publicId`
    `POST /_emulator/devices`       `application_id`, `token`; optional `contact_key`, `kind`, `browser`, `tags`
    `POST /_emulator/flows`         optional `active` → `id`
    `POST /_emulator/columns`       `name`, `type`; optional `import_enabled`: a column of `master_contact`
    `POST /_emulator/jobs`          `job_id`; optional `failed`: the job ends now
    `POST /_emulator/switches`      any switch by name
    ==============================  ===============================================================================
    """

    def add_segment(self, name: str, contact_keys: Sequence[str] | None = None) -> str:
        """Build a segment, of everyone if no keys are given; return its id."""
        segment = Segment(self.new_id(), name, contact_keys)
        self.segments[segment.segment_id] = segment
        return segment.segment_id

    def add_content(
        self,
        channel: str,
        name: str,
        languages: Sequence[Mapping[str, Any]],
        *,
        transactional: bool = False,
        location: str = "/",
    ) -> str:
        """Make a content, its languages in the shape in which they are read; return its public id."""
        self.catch_up()
        now = self.agenda.now()
        content = Content(
            self.new_id(), channel, name, location, transactional, list(languages), now, now, "panel", "panel"
        )
        self.contents[channel][content.public_id] = content
        return content.public_id

    def add_device(
        self,
        application_id: str,
        token: str,
        *,
        contact_key: str | None = None,
        kind: str = "ANDROID",
        browser: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        engaged: bool = True,
    ) -> str:
        """Let an app or a browser register for pushes; return the id of the device."""
        device = Device(
            self.new_id(), application_id, token, contact_key, kind, browser, dict(tags or {}), engaged=engaged
        )
        self.devices.append(device)
        return device.device_id

    def add_flow(self, *, active: bool = True) -> str:
        """Build an automated flow; return the id of its API-trigger step."""
        flow = Flow(self.new_id(), active)
        self.flows[flow.step_id] = flow
        return flow.step_id

    def add_contact_column(self, name: str, kind: str = "TEXT", *, import_enabled: bool = True) -> None:
        """Add a column to `master_contact`; one that is not import-enabled cannot be written over the API."""
        self.contacts.columns[name] = custom_column(name, kind, import_enabled=import_enabled)
        self.tables.by_name("master_contact").columns[name] = TableColumn(name, kind)

    def end_job(self, job_id: str, *, failed: bool = False) -> None:
        """Let a job end now."""
        self.catch_up()
        self.jobs.end(self.jobs.get(job_id), failed=failed)

    def engage(
        self, contact_key: str, kind: str, *, channel: str = "email", tracking_id: str | None = None
    ) -> bool:
        """Let a contact, or the mailbox, answer to the last message it got, or to a certain one.

        Returns whether there is such a contact. If it never got a message, it is as if it had got one long ago.
        """
        self.catch_up()
        if (contact := self.contacts.get(contact_key)) is None:
            return False
        address = contact[ADDRESS_OF[channel]]
        if tracking_id is not None:
            messages = self.mail.with_tracking_id(tracking_id)
        else:
            (messages,) = self.mail.to_addresses(channel, [address])
            messages = [one for one in messages if one.contact_key in (None, contact_key)]
        unknown = Message(self.new_id(), channel, address, self.agenda.now(), contact_key=contact_key)
        self.mail.happen(messages[-1] if messages else unknown, ENGAGEMENTS[channel][kind])
        return True

    def contactable(self, person: str, channel: str = "email") -> bool | None:
        """Return whether a campaign on that channel would reach a person now; None if nobody is known by that.

        `person` is a contact key, an e-mail address or a phone number; one address may be several people's.
        """
        if channel not in ADDRESS_OF:
            raise ValueError(f"a channel is one of {', '.join(ADDRESS_OF)}, not {channel!r}")
        with self.lock:
            self.catch_up()
            people = self.contacts.find(person)
            return any(contact.reachable(channel) for contact in people) if people else None

    def seed_people(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Put people in, seen by everyone at once and in no log; who has neither key nor address is left out."""
        count = 0
        with self.lock:
            self.catch_up()
            for row in rows:
                email, gsm = row.get("email", "").strip().lower(), digits(row.get("phone", ""))
                if not (key := row.get("key", "") or email or gsm):
                    continue
                named = {
                    "email": email,
                    "gsm": gsm,
                    "name": row.get("first_name", ""),
                    "surname": row.get("last_name", ""),
                }
                values: dict[str, Any] = {column: value for column, value in named.items() if value}
                for channel, column in ADDRESS_OF.items():
                    if row.get(f"unsubscribed_{channel}", "").strip().lower() == "true":
                        values[f"{column}_permission"] = False
                self.contacts.seed(key, values)
                count += 1
        return count

    def control(self, method: str, path: str, given: Mapping[str, Any]) -> Response:
        """Answer a control route; see the table of this class."""
        with self.lock:
            self.catch_up()
            try:
                told = self._controlled(path, given) if method == "POST" else None
            except Refusal as refusal:
                return reply(404, {"error": str(refusal)})
            except (KeyError, TypeError, ValueError) as wrong:
                return reply(400, {"error": f"{type(wrong).__name__}: {wrong}"})
        if told is None:
            return super().control(method, path, given)
        return reply(200, {"ok": True, **told})

    def _controlled(self, path: str, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
        match path:
            case "engagement":
                known = self.engage(**given)
                if not known:
                    raise ValueError("no contact has this contact_key")
            case "segments":
                return {"segmentId": self.add_segment(**given)}
            case "contents":
                return {"publicId": self.add_content(**given)}
            case "devices":
                return {"deviceId": self.add_device(**given)}
            case "flows":
                return {"id": self.add_flow(**given)}
            case "columns":
                self.add_contact_column(
                    given["name"], given["type"], import_enabled=given.get("import_enabled", True)
                )
            case "jobs":
                self.end_job(**given)
            case "switches":
                self._set_switches(given)
            case _:
                return None
        return {}

    def _set_switches(self, given: Mapping[str, Any]) -> None:
        if unknown := set(given) - (set(self.__dataclass_fields__) - {"clock", "seed"}):
            raise ValueError(f"there is no switch {', '.join(sorted(unknown))}")
        for name, value in given.items():
            setattr(self, name, Engagement(**value) if name == "engagement" else value)
