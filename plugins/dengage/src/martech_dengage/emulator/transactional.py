"""What the transactional sends have in common: idempotency, values for the template, and stored contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic_core import from_json

from martech_dengage.emulator.content import Language
from martech_dengage.emulator.envelope import Answer, malformed, not_found
from martech_dengage.emulator.messages import Message
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.vendor import Vendor

__all__ = ["TransactionalBase", "chosen_language"]


class TransactionalBase(Vendor):
    """What routes of transactional sends stand on. Consent is not looked at: these are not campaigns."""

    def once(self, what: str, trace_id: str | None, work: Callable[[], Answer]) -> Answer:
        """Do something unless the same `traceId` did it already; then give the first answer again.

        ASSUMPTION: a day, and word for word the first answer; the vendor's page on idempotency was not seen.
        Only a success is remembered, so that a refused call may be put right and made again.
        """
        now = self.agenda.now()
        known = self.traces.get((what, trace_id)) if trace_id else None
        if known is not None and now < known[0] + timedelta(seconds=self.idempotency_seconds):
            return known[1]
        answer = work()
        if trace_id and answer.code == 0:
            answer = replace(answer, transaction_id=self.new_id())
            self.traces[what, trace_id] = (now, answer)
        return answer

    def current(self, body: Fields) -> Mapping[str, Any]:
        """Return the values passed for the template: an object, or one as a JSON string, as is switched."""
        given = body.raw("current")
        if given is None:
            return {}
        form = "string" if isinstance(given, str) else "object"
        if self.current_as not in ("either", form):
            raise malformed(f"current must be given as {self.current_as}")
        if isinstance(given, str):
            try:
                given = from_json(given)
            except ValueError as wrong:
                raise malformed("current is not JSON") from wrong
        return Fields(given, "current").given

    def template(self, channel: str, template_id: str, language: str | None) -> Language:
        """Return a stored content in a language; raises a refusal unless it is there and transactional."""
        content = self.contents[channel].get(template_id)
        if content is None or not content.is_transactional:
            raise not_found(f"{template_id} content is null")  # in these words (C5)
        return content.in_language(language)

    def recipient(self, message: Message, address_key: str) -> dict[str, str]:
        """Return one recipient as answers show it."""
        return {address_key: message.address, self.message_id_key: message.tracking_id}


def chosen_language(items: list[Fields], language: str | None) -> Fields:
    """Return the item for a language, or the first if there is none."""
    wanted = (language or "").upper()
    return next((item for item in items if item.text("language").upper() == wanted), items[0])
