"""Writing contacts: who is there is looked up, blocks are kept, records of one shape go together."""

from martech_dengage.writing.bulk import bulk_upsert, same_columns, update_only
from martech_dengage.writing.handing import hand_over, hand_over_to_remove
from martech_dengage.writing.importing import submit_import
from martech_dengage.writing.looking import People, contact_row, look_up
from martech_dengage.writing.one import change, insert_contact, update_contact
from martech_dengage.writing.upserting import refuse_extra, upsert, upsert_one

__all__ = [
    "People",
    "bulk_upsert",
    "change",
    "contact_row",
    "hand_over",
    "hand_over_to_remove",
    "insert_contact",
    "look_up",
    "refuse_extra",
    "same_columns",
    "submit_import",
    "update_contact",
    "update_only",
    "upsert",
    "upsert_one",
]
