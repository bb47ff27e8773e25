"""The same program on asyncio: what `swap.py` does, with `AsyncClient` and `await`."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from martech import AsyncClient, Channel, EmailMessage, Identifier, IfNew, read_contacts

NOT_NEEDED = {"City": "ignore", "Joined": "ignore"}
HELLO = EmailMessage(to="ada@example.org", subject="Hello", html="<p>Hello.</p>", text="Hello.")


async def swap(client: AsyncClient, contacts: Path) -> dict[str, Any]:
    """Return what became of every row, of a list, of a message, and what the report says."""
    safest = client.supports("contacts.upsert_stream", if_new=IfNew.NOT_CONTACTABLE)
    if_new = IfNew.NOT_CONTACTABLE if safest else IfNew.VENDOR_DEFAULT
    rows, people = Counter[str](), list[Identifier]()
    async for result in client.contacts.upsert_stream(read_contacts(contacts, columns=NOT_NEEDED), if_new=if_new):
        rows[result.outcome if result.ok else f"{result.outcome}: {result.reason}"] += 1
        people += [result.identifier] if result.ok and result.identifier and len(people) < 50 else []
    done: dict[str, Any] = {"if new": if_new, "rows": rows, "list": client.why_not("lists.add")}
    if client.supports("lists.add"):
        done["list"] = (await client.lists.add((await client.lists.create("Friends")).id, people)).counts
    if client.supports("messages.send_email"):
        done["sent"] = receipt = await client.messages.send_email(HELLO)
        done["report"] = client.why_not("messages.status", channel=Channel.EMAIL)
        if done["report"] is None and receipt.message_id:
            done["report"] = (await client.messages.status(receipt.message_id)).state
    else:
        program = await anext(client.automations.list())
        done["sent"] = (await client.automations.enrol(program.id, people[:1])).items[0]
    return done


async def main(provider: str, settings: dict[str, Any], contacts: Path) -> None:
    """Connect with these settings and print what was done."""
    async with AsyncClient(provider, **settings) as chosen:
        print(json.dumps(await swap(chosen, contacts), indent=2, default=str))


if __name__ == "__main__":
    lines = [json.loads(line) for line in Path(sys.argv[3]).read_text().splitlines()]
    found = {one["provider"]: one["settings"] for one in lines}
    asyncio.run(main(sys.argv[1], found[sys.argv[1]], Path(sys.argv[2])))
