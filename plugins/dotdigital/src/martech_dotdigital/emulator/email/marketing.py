"""Marketing e-mail of v3: one at a time, but only to who may be written to (section 20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.people import Contact, valid_email
from martech_dotdigital.emulator.conventions.answers import answer, v3_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import as_integer, v3_json
from martech_dotdigital.emulator.email.campaigns import UNSUBSCRIBE_TOKEN
from martech_dotdigital.emulator.email.mail import Mail, attachment_problem, merged, sender
from martech_dotdigital.emulator.email.transactional import TransactionalOperations

__all__ = ["MarketingOperations"]

MOST_ATTACHMENTS = 50
MOST_TAGS = 50
MOST_VALUES = 100
WHY_NOT: Mapping[str, str] = {
    "unsubscribed": "unsubscribed",
    "pendingOptIn": "unsubscribed",
    "noSubscription": "unsubscribed",
    "hardBounced": "hardBounced",
    "ispComplained": "complaint",
    "directComplaint": "complaint",
    "knownComplainer": "complaint",
    "knownLitigator": "complaint",
    "blockedlocalpart": "blocked",
    "domainSuppressed": "blocked",
    "sharedDomainSuppression": "blocked",
    "spamTrap": "spamTrap",
}
"""E-mail status → reason in an error code; anything else is `suppressed`. How they pair is ASSUMED."""


class _Problem(Exception):
    """Something wrong with one e-mail: last part of the single error code, code of a batch, and a text."""

    def __init__(self, word: str, batch_code: str, text: str) -> None:
        super().__init__(text)
        self.word, self.batch_code, self.text = word, batch_code, text


class _Uncontactable(Exception):
    """The recipient may not be written to."""

    def __init__(self, reason: str, address: str) -> None:
        super().__init__(reason)
        self.code = f"marketingEmail:{reason}"
        self.text = f"Recipient '{address}' is not contactable: {reason}."


class MarketingOperations(TransactionalOperations):
    """Single marketing e-mails and batches of them; unknown addresses become contacts."""

    @operation("POST", "/marketing-email/v3/send", tier=Tier.SEND)
    def send_marketing_email(self, incoming: Incoming) -> Response:
        """Send one e-mail (201, empty), or say that its recipient is not contactable (409)."""
        try:
            self._send_marketing(v3_json(incoming))
        except _Problem as problem:
            raise v3_refusal(400, f"marketingemail:{problem.word}", problem.text) from None
        except _Uncontactable as no:
            raise v3_refusal(409, no.code, no.text) from None
        return answer(201)

    @operation("POST", "/marketing-email/v3/batch", tier=Tier.SEND)
    def send_marketing_batch(self, incoming: Incoming) -> Response:
        """Send many e-mails; each is sent, uncontactable or failed."""
        items = v3_json(incoming, list)
        if not items:
            raise v3_refusal(400, "marketingEmail:invalidRequest", "No email send requests found.")
        results: list[dict[str, Any]] = []
        for index, item in enumerate(items):
            status, failure = "sent", None
            try:
                self._send_marketing(item if isinstance(item, dict) else {})
            except _Problem as problem:
                status, failure = "failed", (problem.batch_code, problem.text)
            except _Uncontactable as no:
                status, failure = "uncontactable", (no.code, no.text)
            result: dict[str, Any] = {"index": index, "status": status}
            if failure is not None:
                result["failures"] = [{"failureCode": failure[0], "description": failure[1]}]
            results.append(result)
        statuses = [result["status"] for result in results]
        summary = {word: statuses.count(word) for word in ("sent", "uncontactable", "failed")}
        return answer(201, {"summary": summary, "results": results})

    def _send_marketing(self, given: Mapping[str, Any]) -> None:
        to, content = given.get("to"), given.get("content")
        if isinstance(to, list):
            raise _Problem("badRequest", "MULTIPLE_RECIPIENTS", "There may be one recipient only.")
        if not to or "content" not in given:
            raise _Problem("badRequest", "MISSING_REQUIRED_FIELDS", "The fields to and content are required.")
        address = valid_email(to)
        if address is None:
            raise _Problem("invalidValue", "INVALID_EMAIL", f"The address '{to}' is invalid.")
        if given.get("metadata") is not None and not isinstance(given["metadata"], dict):
            raise _Problem("invalidValue", "INVALID_METADATA", "The metadata must be an object.")
        origin = self._origin(given.get("from"))
        subject, html, campaign_id = self._marketing_content(content if isinstance(content, dict) else {})
        attachments = given.get("attachments") or []
        if not isinstance(attachments, list) or len(attachments) > MOST_ATTACHMENTS:
            raise _Problem("badRequest", "SEND_ERROR", "There are too many attachments.")
        if (wrong := attachment_problem(attachments)) is not None:
            raise _Problem(wrong[0], "SEND_ERROR", wrong[1])
        contact = self._recipient_of(address)
        mail = Mail(
            self.new_id(),
            self.now(),
            (contact.email or address,),
            subject,
            origin,
            given.get("metadata"),
            html,
            campaign_id=campaign_id,
        )
        self.put_out(mail, "marketing e-mail")

    def _origin(self, given: Any) -> str:
        if given is None:
            return self.from_addresses[self.default_from]
        origin = sender(given, self.from_addresses.values())
        if origin is None:
            text = "The from address is not one of the account's."
            raise _Problem("invalidFromAddress", "INVALID_FROM_ADDRESS", text)
        return origin

    def _recipient_of(self, address: str) -> Contact:
        contact = self.people.find("email", address)
        if contact is None:
            return self.admit({"email": address})
        if not contact.may_receive("email"):
            raise _Uncontactable(WHY_NOT.get(contact.email_status, "suppressed"), address)
        return contact

    def _marketing_content(self, content: Mapping[str, Any]) -> tuple[str, str, int | None]:
        match content.get("source"):
            case "html":
                subject, html = content.get("subject"), content.get("htmlContent")
                if not isinstance(subject, str) or not isinstance(html, str) or not subject or not html:
                    raise _Problem("badRequest", "MISSING_CONTENT", "The subject and htmlContent are required.")
                if UNSUBSCRIBE_TOKEN not in html:
                    text = f"There must be an unsubscribe link: include '{UNSUBSCRIBE_TOKEN}'."
                    raise _Problem("badRequest", "MISSING_UNSUB", text)
                return subject, html, None
            case "template":
                return self._template_content(content)
            case _:
                raise _Problem("badRequest", "MISSING_CONTENT", "The content's source must be html or template.")

    def _template_content(self, content: Mapping[str, Any]) -> tuple[str, str, int | None]:
        if content.get("subject") is not None:
            code = "SUBJECT_NOT_ALLOWED_WHEN_SENDING_TRIGGERED_EMAIL"
            raise _Problem("badRequest", code, "A triggered campaign has its own subject.")
        campaign = self.campaigns.get(as_integer(content.get("campaignId")) or 0)
        if campaign is None or campaign.type != "Triggered":
            raise _Problem("campaignNotFound", "INVALID_CAMPAIGN", "The triggered campaign could not be found.")
        tags = content.get("tags")
        if tags is not None and not (isinstance(tags, list) and 1 <= len(tags) <= MOST_TAGS):
            raise _Problem("invalidValue", "INVALID_TAGS", f"There may be 1 to {MOST_TAGS} tags.")
        values: dict[str, str] = {}
        pairs = content.get("personalizationValues") or []
        if len(pairs) > MOST_VALUES:
            raise _Problem("invalidValue", "SEND_ERROR", "There are too many personalization values.")
        for pair in pairs:
            name = str(pair.get("name", ""))
            if name in values:
                text = f"The personalization value '{name}' is given twice."
                raise _Problem("duplicatePersonalizationValuesFound", "SEND_ERROR", text)
            if not 1 <= len(name) <= 20 or pair.get("value") is None:
                raise _Problem("invalidValue", "SEND_ERROR", "A personalization value is invalid.")
            values[name] = str(pair["value"])
        shown = campaign.content
        return merged(shown.subject, values), merged(shown.html, values), campaign.id
