"""BulkUpsertExtensions: further addresses of contacts, in `master_contact_extensions` (D6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.bulk import BulkRequest, prepared
from martech_dengage.emulator.envelope import invalid, operation
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.values import Unacceptable
from martech_dengage.emulator.vendor import Extension, Vendor

__all__ = ["Extensions"]

COLUMNS = frozenset({"contact_key", "address", "name", "permission", "channel", "new_contact_key", "new_address"})
RENAMES = ("new_contact_key", "new_address")


class Extensions(Vendor):
    """The one route that is known to write extensions; none is known that reads them."""

    @operation("POST", "/bulk/contact_extensions")
    def bulk_upsert_extensions(self, incoming: Incoming) -> Mapping[str, Any]:
        """BulkUpsertExtensions (D6): `contact_key` and `address` together are the key."""
        request = BulkRequest.read(Fields.of(incoming))
        request.require("contact_key", "address")
        if unknown := set(request.columns) - COLUMNS:
            raise invalid(f"{', '.join(sorted(unknown))} cannot be written to master_contact_extensions")
        if "new_address" in request.columns:
            request.require("channel")
        renames = any(name in request.columns for name in RENAMES)
        insert = request.insert_if_not_exists and not renames

        def prepare(record: Mapping[str, Any]) -> Mapping[str, Any]:
            values = {name: record[name] for name in request.columns if name in record}
            return self._checked(values, insert=insert)

        records, outcome = prepared(self, request, prepare)
        for values in records:
            key = values["contact_key"]
            (outcome.updated if self._write(values) else outcome.inserted).append(key)
        return outcome.data()

    def _checked(self, values: Mapping[str, Any], *, insert: bool) -> Mapping[str, Any]:
        key, address = values["contact_key"], values.get("address")
        if not address or not isinstance(address, str):
            raise Unacceptable("address is required")
        if self.contacts.get(key) is None:
            raise Unacceptable("no contact has this contact_key")
        known = self.extensions.get((key, address))
        if known is None and not insert:
            raise Unacceptable("the contact has no extension with this address")
        if not isinstance(values.get("permission", True), bool):
            raise Unacceptable("permission is not a boolean")
        channel = values.get("channel", known.channel if known else None)
        if channel not in self.extension_types:
            raise Unacceptable("channel is not one that extensions are configured for")
        if known and channel != known.channel and self.extension_channel_fixed:
            raise Unacceptable("the channel of an extension cannot be changed")
        name = values.get("name", known.name if known else None)
        if name not in self.extension_types[channel]:
            raise Unacceptable(f"name is not an extension type configured for {channel}")
        if any(not isinstance(values.get(new, ""), str) for new in RENAMES):
            raise Unacceptable("a new key or address must be a text")
        target = self._target(values)
        if target != (key, address) and target in self.extensions:
            raise Unacceptable("the new contact_key and address are taken")
        if self.contacts.get(target[0]) is None:
            raise Unacceptable("no contact has the new contact_key")
        return values

    def _target(self, values: Mapping[str, Any]) -> tuple[str, str]:
        return (
            values.get("new_contact_key") or values["contact_key"],
            values.get("new_address") or values["address"],
        )

    def _write(self, values: Mapping[str, Any]) -> bool:
        known = self.extensions.pop((values["contact_key"], values["address"]), None)
        before = known or Extension(values["channel"], values["name"], permission=True)
        self.extensions[self._target(values)] = Extension(
            values.get("channel", before.channel),
            values.get("name", before.name),
            permission=values.get("permission", before.permission),
        )
        return known is not None
