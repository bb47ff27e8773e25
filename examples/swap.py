"""Puts a file of contacts into any provider, on a list, and sends to one: the provider is an argument."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from martech import Channel, Client, EmailMessage, Identifier, IfNew, read_contacts

NOT_NEEDED = {"City": "ignore", "Joined": "ignore"}
HELLO = EmailMessage(to="ada@example.org", subject="Hello", html="<p>Hello.</p>", text="Hello.")


def swap(client: Client, contacts: Path, watch: Any = bool) -> dict[str, Any]:
    """Return what became of every row, of a list, of a message, and what the report says."""
    safest = client.supports("contacts.upsert_stream", if_new=IfNew.NOT_CONTACTABLE)
    if_new = IfNew.NOT_CONTACTABLE if safest else IfNew.VENDOR_DEFAULT
    rows, people = Counter[str](), list[Identifier]()
    for result in client.contacts.upsert_stream(read_contacts(contacts, columns=NOT_NEEDED), if_new=if_new):
        rows[result.outcome if result.ok else f"{result.outcome}: {result.reason}"] += 1
        people += [result.identifier] if result.ok and result.identifier and len(people) < 50 else []
        watch(result)
    done: dict[str, Any] = {"if new": if_new, "rows": rows, "list": client.why_not("lists.add")}
    if client.supports("lists.add"):
        done["list"] = client.lists.add(client.lists.create("Newsletter").id, people).counts
    if client.supports("messages.send_email"):
        done["sent"] = receipt = client.messages.send_email(HELLO)
        done["report"] = client.why_not("messages.status", channel=Channel.EMAIL)
        if done["report"] is None and receipt.message_id:
            done["report"] = client.messages.status(receipt.message_id).state
    else:
        done["sent"] = client.automations.enrol(next(client.automations.list()).id, people[:1]).items[0]
    return done


if __name__ == "__main__":
    lines = (json.loads(line) for line in Path(sys.argv[3]).read_text().splitlines())
    with Client(sys.argv[1], **{one["provider"]: one["settings"] for one in lines}[sys.argv[1]]) as chosen:
        print(json.dumps(swap(chosen, Path(sys.argv[2])), indent=2, default=str))
