"""What no page of dEngage has and programs that talk to it were seen to do: sentences for `@observed`.

C1 is a bank's gateway, C2 a sibling of it, C3 a shop's cartridge; C4 to C6 are demonstrations by its people.
"""

from __future__ import annotations

__all__ = [
    "ACTIVITIES",
    "BULK_ANSWER",
    "CONTENTS",
    "CREATED_TABLE",
    "DELETE_ROWS",
    "EMAIL_GROUP",
    "FLOWS",
    "GET_CONTACT",
    "MESSAGES",
    "ORDERS",
    "PRODUCTS",
    "PUSH",
    "REPORTS",
    "SENDERS",
    "TABLES",
]

GET_CONTACT = "GetContact, whole (C4)"
BULK_ANSWER = "the answer to BulkUpsert (C4, C6); GetContact (C4)"
TABLES = "TruncateTable, DropTable and the detail of a table (C4)"
CREATED_TABLE = "the path of CreateTable and the flags of its columns (C4, C6)"
DELETE_ROWS = "the method and path of DeleteData (C4)"
FLOWS = "TriggerAutomatedFlow, whole (C4, C6)"
CONTENTS = "GetEmailContent, GetSmsContent and their listings, whole (C1, C2)"
MESSAGES = "the paths, the names of fields and the answers (C1, C4, C6); the rules are documented (D14, D15)"
EMAIL_GROUP = "the group form, whole (C1)"
REPORTS = (
    "the paths and the answers (C1); the rules are documented (D18, D19), and the codes of what people did with a "
    "message are assumed (`assumed_words`)"
)
PUSH = "the path of SendInstantPush and its report (C4); the fields are documented (D20)"
ACTIVITIES = "live activities, whole (C5)"
SENDERS = "GetEmailFroms and the senders of text messages, whole (C1); login (C1, C3, C4, C6)"
PRODUCTS = "the path of UpsertProduct (C3, C6); its fields are documented (D21)"
ORDERS = "UpsertOrders, whole (C3, C6)"
