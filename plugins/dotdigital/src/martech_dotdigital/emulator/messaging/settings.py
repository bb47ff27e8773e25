"""What configures the real-time half: templates, files, numbers, WhatsApp (sections 21.2 and 30)."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any

from martech.emulation import Clock, Incoming, Response, reply
from martech_dotdigital.emulator.contacts.people import digits
from martech_dotdigital.emulator.conventions.answers import answer, cpaas_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import cpaas_object
from martech_dotdigital.emulator.conventions.times import stamp
from martech_dotdigital.emulator.conventions.versioned import Versioned
from martech_dotdigital.emulator.core import Core

__all__ = ["MessagingSettings"]

TEMPLATE = "/cpaas/templates/{templateId}"
CONTENT = "/cpaas/content/{fileId}"
CLOUD = "/cpaas/channels/whatsapp/cloud"
WABA = "/cpaas/channels/whatsapp/businessaccounts/{wabaId}/templates"
TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]+")


class MessagingSettings(Core):
    """Message templates, uploaded files, SMS numbers, WhatsApp numbers and templates."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.message_templates: dict[str, Versioned] = {}
        self.files: dict[str, Versioned] = {}
        self.whatsapp_numbers: dict[str, dict[str, Any]] = {}
        self.whatsapp_templates: dict[str, dict[str, dict[str, Any]]] = {}
        self.sms_numbers: dict[str, list[dict[str, str]]] = {
            "dedicatedNumbers": [{"number": "447700900999", "countryIsoCode": "GBR"}],
            "shortcodes": [{"number": "60066", "keyword": "", "countryIsoCode": "GBR"}],
            "keywords": [{"number": "60066", "keyword": "SHOP", "countryIsoCode": "GBR"}],
        }

    # ── message templates ────────────────────────────────────────────────────────────────────────────────────

    @operation("GET", "/cpaas/templates")
    def list_message_templates(self, _: Incoming) -> Response:
        """List the message templates."""
        return answer(200, [one.shape() for one in self.message_templates.values() if not one.deleted])

    @operation("POST", "/cpaas/templates")
    def create_message_template(self, incoming: Incoming) -> Response:
        """Create a message template, under an id of the caller's choice or a new one."""
        body = cpaas_object(incoming, "name", "messageParts")
        wanted = str(body.pop("id", "") or self.new_id())
        if not TEMPLATE_ID.fullmatch(wanted) or wanted in self.message_templates:
            raise cpaas_refusal(400, "Validation failed.", fields={"id": "is invalid"})
        made = Versioned(wanted, body, self.now(), self.now())
        self.message_templates[wanted] = made
        return made.answer(201)

    @operation("GET", TEMPLATE)
    def get_message_template(self, incoming: Incoming) -> Response:
        """Return a message template with its version."""
        return self._message_template(incoming, deleted=incoming.arg("includeDeleted") == "true").answer()

    @operation("PUT", TEMPLATE)
    def update_message_template(self, incoming: Incoming) -> Response:
        """Replace a message template, unless somebody else did meanwhile."""
        known = self._message_template(incoming)
        known.match(incoming)
        known.change(cpaas_object(incoming, "name", "messageParts"), self.now())
        return known.answer()

    @operation("DELETE", TEMPLATE)
    def delete_message_template(self, incoming: Incoming) -> Response:
        """Delete a message template, unless somebody else changed it meanwhile."""
        known = self._message_template(incoming)
        known.match(incoming)
        known.deleted = True
        return answer(204)

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────

    @operation("POST", "/cpaas/content")
    def upload_content(self, incoming: Incoming) -> Response:
        """Keep a file for media messages."""
        body = cpaas_object(incoming, "name", "type", "data")
        try:
            data = b64decode(str(body.pop("data")), validate=True)
        except ValueError:
            raise cpaas_refusal(400, "Validation failed.", fields={"data": "is not base64"}) from None
        file_id = self.new_id()
        shown = {"url": f"{self.public_url}/cpaas/content/{file_id}", **body, "folder": "api", "size": len(data)}
        made = Versioned(file_id, shown, self.now(), self.now(), hidden={"data": data})
        self.files[file_id] = made
        return answer(200, made.shape())

    @operation("GET", CONTENT)
    def get_content(self, incoming: Incoming) -> Response:
        """Return a file as it was uploaded."""
        known = self._file_named(incoming)
        return reply(200, body=known.hidden["data"], headers={"Content-Type": known.body["type"]})

    @operation("DELETE", CONTENT)
    def delete_content(self, incoming: Incoming) -> Response:
        """Delete a file."""
        del self.files[self._file_named(incoming).id]
        return answer(200)

    # ── SMS numbers ──────────────────────────────────────────────────────────────────────────────────────────

    @operation("GET", "/sms/dedicatedNumbers")
    def list_dedicated_numbers(self, _: Incoming) -> Response:
        """List the numbers that belong to the account."""
        return answer(200, self.sms_numbers["dedicatedNumbers"])

    @operation("GET", "/sms/shortcodes")
    def list_shortcodes(self, _: Incoming) -> Response:
        """List the short codes."""
        return answer(200, self.sms_numbers["shortcodes"])

    @operation("GET", "/sms/keywords")
    def list_keywords(self, _: Incoming) -> Response:
        """List the keywords on shared short codes."""
        return answer(200, self.sms_numbers["keywords"])

    # ── WhatsApp ─────────────────────────────────────────────────────────────────────────────────────────────

    @operation("GET", CLOUD)
    def list_whatsapp_numbers(self, _: Incoming) -> Response:
        """List the WhatsApp numbers."""
        return answer(200, list(self.whatsapp_numbers.values()))

    @operation("POST", CLOUD)
    def create_whatsapp_number(self, incoming: Incoming) -> Response:
        """Ask for a WhatsApp number to be set up."""
        body = cpaas_object(incoming, "phoneNumberId", "wabaId")
        if any(known["phoneNumberId"] == body["phoneNumberId"] for known in self.whatsapp_numbers.values()):
            raise cpaas_refusal(409, "The number is configured already.")
        number = digits(str(body["phoneNumberId"])) or f"44770090{len(self.whatsapp_numbers):04}"
        self.whatsapp_numbers[number] = {
            "phoneNumberId": body["phoneNumberId"],
            "phoneNumber": number,
            "wabaId": body["wabaId"],
            "phoneNumberRegistrationStatus": "inProgress",
            "configurationStatus": "success",
            "createdOn": stamp(self.now()),
        }
        return answer(202)

    @operation("GET", CLOUD + "/{phoneNumber}")
    def get_whatsapp_number(self, incoming: Incoming) -> Response:
        """Return one WhatsApp number."""
        known = self._whatsapp_number(incoming)
        return answer(200, known, headers={"ETag": 'W/"1"', "Last-Modified": known["createdOn"]})

    @operation("DELETE", CLOUD + "/{phoneNumber}")
    def delete_whatsapp_number(self, incoming: Incoming) -> Response:
        """Give a WhatsApp number up."""
        del self.whatsapp_numbers[self._whatsapp_number(incoming)["phoneNumber"]]
        return answer(204)

    @operation("POST", CLOUD + "/register/{phoneNumber}")
    def register_whatsapp_number(self, incoming: Incoming) -> Response:
        """Register a WhatsApp number."""
        self._whatsapp_number(incoming)["phoneNumberRegistrationStatus"] = "success"
        return answer(200, json=True)

    @operation("GET", WABA)
    def list_whatsapp_templates(self, incoming: Incoming) -> Response:
        """List the WhatsApp templates of a business account."""
        known = self.whatsapp_templates.get(incoming.parts["wabaId"], {})
        return answer(200, {"data": list(known.values()), "paging": {"cursors": {"before": "", "after": ""}}})

    @operation("GET", WABA + "/{templateId}")
    def get_whatsapp_template(self, incoming: Incoming) -> Response:
        """Return one WhatsApp template."""
        return answer(200, self._whatsapp_template(incoming))

    def _message_template(self, incoming: Incoming, *, deleted: bool = False) -> Versioned:
        known = self.message_templates.get(incoming.parts["templateId"])
        if known is None or (known.deleted and not deleted):
            raise cpaas_refusal(404, "The template was not found.")
        return known

    def _file_named(self, incoming: Incoming) -> Versioned:
        known = self.files.get(incoming.parts["fileId"])
        if known is None:
            raise cpaas_refusal(404, "The file was not found.")
        return known

    def _whatsapp_number(self, incoming: Incoming) -> dict[str, Any]:
        known = self.whatsapp_numbers.get(incoming.parts["phoneNumber"].lstrip("+"))
        if known is None:
            raise cpaas_refusal(404, "The number was not found.")
        return known

    def _whatsapp_template(self, incoming: Incoming) -> dict[str, Any]:
        known = self.whatsapp_templates.get(incoming.parts["wabaId"], {}).get(incoming.parts["templateId"])
        if known is None:
            raise cpaas_refusal(404, "The template was not found.")
        return known
