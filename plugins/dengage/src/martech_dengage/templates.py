"""Templates at dEngage: contents, per channel and language."""

from __future__ import annotations

from martech.models import Channel, Page, Template
from martech.provider import TemplateOperations, declines, not_written, observed
from martech_dengage import assumed, contents, seen
from martech_dengage.settings import DengageSettings

NO_WHATSAPP = {Channel.WHATSAPP: contents.NO_WHATSAPP}
NO_PUSH_WRITES = {
    **NO_WHATSAPP,
    Channel.PUSH: not_written("Contents of pushes can be read; how they are written is not even known by name."),
}


class Templates(TemplateOperations):
    """Contents. Those that are flagged as transactional can be used by messages, the others by campaigns."""

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @observed(seen.CONTENTS)
    @declines(channel=NO_WHATSAPP)
    async def list(self, channel: Channel, cursor: str | None) -> Page[Template]:
        """One request a page of 500; without the languages."""
        return await contents.listed(self._settings, channel, cursor)

    @observed(seen.CONTENTS)
    @declines(channel=NO_WHATSAPP)
    async def get(self, template_id: str, *, channel: Channel) -> Template:
        """Two requests in an account of up to 500 contents: the name of a content stands in the listing only."""
        return await contents.one(self._settings, template_id, channel=channel)

    @assumed.rests_on(assumed.CONTENT_WRITES)
    @declines(template=NO_PUSH_WRITES)
    async def create(self, template: Template) -> Template:
        """One request, and one for each language whose sender has to be found."""
        _writable(template.channel)
        return template.model_copy(update={"id": await contents.create(self._settings, template)})

    @assumed.rests_on(assumed.CONTENT_WRITES)
    @declines(template=NO_PUSH_WRITES)
    async def update(self, template: Template) -> Template:
        """One request, one for each language whose sender has to be found, and one to keep those not named."""
        _writable(template.channel)
        await contents.update(self._settings, template)
        return template

    @assumed.rests_on(assumed.CONTENT_WRITES)
    @declines(channel=NO_PUSH_WRITES)
    async def delete(self, template_id: str, *, channel: Channel) -> None:
        """One request."""
        await contents.remove(self._settings, template_id, channel=channel)


def _writable(channel: Channel) -> None:
    """Refuse a channel that is a field of a template, and so not seen by `declines`."""
    if channel in NO_PUSH_WRITES:
        raise NO_PUSH_WRITES[channel].error()
