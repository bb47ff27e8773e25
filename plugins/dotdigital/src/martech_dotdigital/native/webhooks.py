"""Webhooks: to which of our addresses the vendor tells what happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from martech.provider import M, Resource, Response, delete, get, operation, post, put
from martech_dotdigital.native.shapes.messaging import AvailableEvent, EventTemplate, Webhook
from martech_dotdigital.reading import read_v3

__all__ = ["NativeWebhooks", "TaggedWebhook"]

Types = Mapping[str, Mapping[str, str]] | Sequence[str]
"""Types of events; as a mapping, with the filters of each by name."""


@dataclass(frozen=True, slots=True)
class TaggedWebhook:
    """A webhook with the tag by which a later change says which state it changes."""

    webhook: Webhook
    tag: str | None


class NativeWebhooks(Resource[M]):
    """Where the vendor tells of events. What arrives there is signed with the webhook's secret."""

    row = "native.webhooks"

    @operation
    async def list(self, *, include_deleted: bool = False) -> Sequence[Webhook]:
        """Return the webhooks. One request."""
        query = {"includeDeleted": "true"} if include_deleted else {}
        return _webhooks(await get("/cpaas/webhooks", query=query, limit="medium"))

    @operation
    async def get(self, webhook_id: str) -> TaggedWebhook:
        """Return one webhook with its tag. One request."""
        return _tagged(await get("/cpaas/webhooks/{webhook}", webhook=webhook_id, limit="medium"))

    @operation
    async def create(
        self,
        name: str,
        *,
        url: str,
        secret: SecretStr | str,
        types: Types,
        batch: bool = False,
        most_in_batch: int | None = None,
        batch_seconds: int | None = None,
    ) -> TaggedWebhook:
        """Have events told to an address. The vendor wants a secret of 16 characters and advises 36. One request.

        A batch has up to 500 events and waits up to 60 seconds.
        """
        body = _wire(name, url, secret, types, batch=batch, most=most_in_batch, seconds=batch_seconds)
        return _tagged(await post("/cpaas/webhooks", json=body, limit="medium"))

    @operation
    async def update(
        self,
        webhook_id: str,
        name: str,
        *,
        url: str,
        secret: SecretStr | str,
        types: Types,
        batch: bool = False,
        most_in_batch: int | None = None,
        batch_seconds: int | None = None,
        tag: str | None = None,
    ) -> TaggedWebhook:
        """Replace a webhook. One request.

        Raises:
            Conflict: A tag was given, and somebody changed the webhook since.
        """
        reply = await put(
            "/cpaas/webhooks/{webhook}",
            webhook=webhook_id,
            json=_wire(name, url, secret, types, batch=batch, most=most_in_batch, seconds=batch_seconds),
            headers={"if-match": tag} if tag else {},
            limit="medium",
        )
        return _tagged(reply)

    @operation
    async def delete(self, webhook_id: str, *, tag: str | None = None) -> None:
        """Have events told no more. One request."""
        headers = {"if-match": tag} if tag else {}
        await delete("/cpaas/webhooks/{webhook}", webhook=webhook_id, headers=headers, limit="medium")

    @operation
    async def available_events(self) -> Sequence[AvailableEvent]:
        """Return of which types of events this account can be told. One request."""
        return _events(await get("/cpaas/webhooks/availableevents", limit="medium"))

    @operation
    async def available_templates(self) -> Sequence[EventTemplate]:
        """Return which types of events are usually wanted together. One request."""
        return _templates(await get("/cpaas/webhooks/availabletemplates", limit="medium"))


def _wire(
    name: str,
    url: str,
    secret: SecretStr | str,
    types: Types,
    *,
    batch: bool,
    most: int | None,
    seconds: int | None,
) -> dict[str, Any]:
    filters: Mapping[str, Mapping[str, str]] = (
        types if isinstance(types, Mapping) else {kind: {} for kind in types}
    )
    subscriptions = [
        {"type": kind}
        | ({"filters": [{"name": one, "value": value} for one, value in wanted.items()]} if wanted else {})
        for kind, wanted in filters.items()
    ]
    body: dict[str, Any] = {
        "name": name,
        "url": url,
        "secret": secret.get_secret_value() if isinstance(secret, SecretStr) else secret,
        "subscriptions": subscriptions,
        "batch": batch,
    }
    more = {"maxBatchSize": most, "batchTimeout": seconds}
    return body | {field: value for field, value in more.items() if value is not None}


def _webhooks(reply: Response) -> Sequence[Webhook]:
    return read_v3(list[Webhook], reply)


def _events(reply: Response) -> Sequence[AvailableEvent]:
    return read_v3(list[AvailableEvent], reply)


def _templates(reply: Response) -> Sequence[EventTemplate]:
    return read_v3(list[EventTemplate], reply)


def _tagged(reply: Response) -> TaggedWebhook:
    return TaggedWebhook(read_v3(Webhook, reply), reply.headers.get("etag"))
