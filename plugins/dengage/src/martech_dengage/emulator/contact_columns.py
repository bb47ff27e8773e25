"""The columns of `master_contact` (D7, D4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from martech_dengage.emulator.values import TABLE_TYPES, TYPES, Unacceptable

__all__ = ["CONTACT_COLUMNS", "LOGGED_FIELDS", "ContactColumn", "custom_column"]


@dataclass(frozen=True, slots=True)
class ContactColumn:
    """One column: its type, what a new contact has in it, and whether the API may write it."""

    name: str
    kind: str
    default: Any = None
    nullable: bool = True
    import_enabled: bool = True

    def read(self, value: Any) -> Any:
        """Return what is stored for a value.

        Raises:
            Unacceptable: The column does not take the value.
        """
        if value is None:
            if not self.nullable:
                raise Unacceptable(f"{self.name} cannot be null")
            return None
        try:
            return TYPES[self.kind](value)
        except Unacceptable as wrong:
            raise Unacceptable(f"{self.name} {wrong}") from wrong


def custom_column(name: str, kind: str, *, import_enabled: bool = True) -> ContactColumn:
    """Return a column that a customer added in the panel."""
    if kind not in TABLE_TYPES:
        raise ValueError(f"a column's type is one of {', '.join(TABLE_TYPES)}, not {kind!r}")
    return ContactColumn(name, kind, import_enabled=import_enabled)


def _columns() -> list[ContactColumn]:
    # Both permissions are true unless said otherwise: a new contact is opted in (D7).
    return [
        ContactColumn("contact_key", "TEXT", nullable=False),
        ContactColumn("contact_status", "STATUS", "A", nullable=False),
        ContactColumn("email", "EMAIL", "", nullable=False),
        ContactColumn("email_permission", "BOOLEAN", default=True, nullable=False),
        ContactColumn("email_status", "STATUS", "A", nullable=False),
        ContactColumn("email_status_reason", "TEXT"),
        ContactColumn("is_email_active", "BOOLEAN", import_enabled=False),
        ContactColumn("is_email_engaged", "BOOLEAN", import_enabled=False),
        ContactColumn("gsm", "PHONE", "", nullable=False),
        ContactColumn("gsm_permission", "BOOLEAN", default=True, nullable=False),
        ContactColumn("gsm_status", "STATUS", "A", nullable=False),
        ContactColumn("gsm_status_reason", "TEXT"),
        ContactColumn("name", "TEXT", "", nullable=False),
        ContactColumn("surname", "TEXT", "", nullable=False),
        ContactColumn("birth_date", "DAY"),
        *(ContactColumn(name, "DATE") for name in ("subscription_date", "email_consent_date", "gsm_consent_date")),
        # Seen as columns of import templates and in client code; their types are not stated (C3, C4).
        *(
            ContactColumn(name, "SCALAR")
            for name in (
                "gender",
                "city",
                "country",
                "segment",
                "source",
                "contact_type",
                "email_source",
                "gsm_source",
                "rfm_score",
                "rfm_segment",
                "rfm_mobile_score",
                "rfm_mobile_segment",
            )
        ),
    ]


CONTACT_COLUMNS = {column.name: column for column in _columns()}

LOGGED_FIELDS = {
    "contact_status": "ContactStatus",
    "email_status": "EmailStatus",
    "gsm_status": "GsmStatus",
    "email_permission": "EmailPermission",
    "gsm_permission": "GsmPermission",
}
"""The columns whose changes the update log tells, and what it calls them (seed, D1)."""
