"""Attributes at dEngage: columns of the contact table."""

from __future__ import annotations

from martech.models import AttributeDefinition, Page
from martech.provider import AttributeOperations, never, not_offered
from martech_dengage import assumed, tables
from martech_dengage.mapping.tables import MASTER_CONTACT, attribute_from_wire
from martech_dengage.settings import DengageSettings


class Attributes(AttributeOperations):
    """Columns of `master_contact`."""

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @assumed.rests_on(assumed.CONTACT_COLUMNS)
    async def list(self, cursor: str | None) -> Page[AttributeDefinition]:
        """Two requests; all columns are one page."""
        del cursor
        table = await tables.table_named(self._settings, MASTER_CONTACT)
        return Page([attribute_from_wire(column) for column in table.data["columns"]])

    create = never(
        "No call makes a column alone: InsertContact is said to make columns with the contact it makes (D2), and "
        "nobody is made for a column's sake. An administrator makes them in the panel, import-enabled.",
        instead="native.contacts.insert",
    )
    delete = not_offered("No call of dEngage's removes a column of the contact table.")
