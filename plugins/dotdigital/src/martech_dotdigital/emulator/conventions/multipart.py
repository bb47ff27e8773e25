"""Uploads in the form of a browser's file field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP

__all__ = ["Part", "multipart"]


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; `filename` is empty if it is not a file."""

    name: str
    filename: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


def multipart(content_type: str, body: bytes) -> Iterator[Part]:
    """Yield the fields of a `multipart/form-data` body."""
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=HTTP)
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            yield Part(name, part.get_filename() or "", content)
