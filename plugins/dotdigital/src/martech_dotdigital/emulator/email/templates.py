"""E-mail templates: written and read, never deleted (section 30)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import number_part, v2_object
from martech_dotdigital.emulator.core import Core

__all__ = ["EmailTemplate", "TemplateOperations"]

ONE = "/v2/templates/{id}"
DEFAULT_SELECT = 500
PARTS = ("name", "subject", "fromName", "htmlContent", "plainTextContent")


@dataclass(slots=True)
class EmailTemplate:
    """Content kept for later; no operation makes a campaign of it."""

    id: int
    parts: dict[str, str]

    def shape(self, *, content: bool = True) -> dict[str, Any]:
        """Return it as printed; in lists its content is null."""
        hidden = {} if content else {"htmlContent": None, "plainTextContent": None}
        return {"id": self.id, **self.parts, **hidden, "replyAction": "Unset", "replyToAddress": ""}


class TemplateOperations(Core):
    """List, get, create, update."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.templates: dict[int, EmailTemplate] = {}

    @operation("GET", "/v2/templates")
    def list_templates(self, incoming: Incoming) -> Response:
        """List templates without content."""
        window = offset_window(incoming, list(self.templates.values()), default=DEFAULT_SELECT)
        return answer(200, [template.shape(content=False) for template in window])

    @operation("POST", "/v2/templates")
    def create_template(self, incoming: Incoming) -> Response:
        """Create a template."""
        return answer(201, self.add_template(self._parts(incoming)).shape())

    @operation("GET", ONE)
    def get_template(self, incoming: Incoming) -> Response:
        """Return a template with its content."""
        return answer(200, self._template_named(incoming).shape())

    @operation("PUT", ONE)
    def update_template(self, incoming: Incoming) -> Response:
        """Replace a template; all five parts must be there."""
        template = self._template_named(incoming)
        template.parts = self._parts(incoming)
        return answer(200, template.shape())

    def add_template(self, parts: dict[str, str]) -> EmailTemplate:
        """Make a template."""
        made = EmailTemplate(self.next_number("template"), parts)
        self.templates[made.id] = made
        return made

    def _parts(self, incoming: Incoming) -> dict[str, str]:
        body = v2_object(incoming, code="ERROR_TEMPLATE_INVALID")
        return {name: body.required(name) for name in PARTS}

    def _template_named(self, incoming: Incoming) -> EmailTemplate:
        missing = v2_refusal(404, "ERROR_TEMPLATE_NOT_FOUND")
        template = self.templates.get(number_part(incoming, "id", missing))
        if template is None:
            raise missing
        return template
