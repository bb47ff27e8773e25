"""Documents and images, which campaigns use. Files are only ever put there; nothing takes them away."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from martech.provider import M, Resource, get, operation, post
from martech_dotdigital.native.shapes.files import Document, Folder, Image, UploadedImage
from martech_dotdigital.reading import read_v2

__all__ = ["ROOT", "NativeDocuments", "NativeImages"]

ROOT = 0
"""The folder that holds all others."""


class NativeDocuments(Resource[M]):
    """Documents, in folders."""

    row = "native.documents"

    @operation
    async def folders(self) -> Sequence[Folder]:
        """Return the folders as they hang together. One request."""
        return read_v2(list[Folder], await get("/v2/document-folders", limit="medium"))

    @operation
    async def create_folder(self, name: str, *, inside: int = ROOT) -> Folder:
        """Make a folder; names have up to 20 letters, digits, `-` and `_`. One request."""
        reply = await post("/v2/document-folders/{folder}", folder=inside, json={"name": name}, limit="medium")
        return read_v2(Folder, reply)

    @operation
    async def inside(self, folder_id: int) -> Sequence[Document]:
        """Return the documents in a folder. One request."""
        reply = await get("/v2/document-folders/{folder}/documents", folder=folder_id, limit="medium")
        return read_v2(list[Document], reply)

    @operation
    async def upload(self, folder_id: int, filename: str, content: bytes) -> Document:
        """Put a document of up to 10 MB into a folder. One request."""
        reply = await post(
            "/v2/document-folders/{folder}/documents",
            folder=folder_id,
            json={"fileName": filename, "data": b64encode(content).decode()},
            limit="low",
        )
        return read_v2(Document, reply)


class NativeImages(Resource[M]):
    """Images, in folders."""

    row = "native.images"

    @operation
    async def folders(self) -> Sequence[Folder]:
        """Return the folders as they hang together. One request."""
        return read_v2(list[Folder], await get("/v2/image-folders", limit="medium"))

    @operation
    async def folder(self, folder_id: int = ROOT) -> Folder:
        """Return one folder with those inside it. One request."""
        return read_v2(Folder, await get("/v2/image-folders/{folder}", folder=folder_id, limit="medium"))

    @operation
    async def create_folder(self, name: str, *, inside: int = ROOT) -> Folder:
        """Make a folder; names have up to 20 letters, digits, `-` and `_`. One request."""
        reply = await post("/v2/image-folders/{folder}", folder=inside, json={"name": name}, limit="medium")
        return read_v2(Folder, reply)

    @operation
    async def inside(self, folder_id: int) -> Sequence[Image]:
        """Return the images in a folder. One request."""
        reply = await get("/v2/image-folders/{folder}/images", folder=folder_id, limit="medium")
        return read_v2(list[Image], reply)

    @operation
    async def upload(self, folder_id: int, filename: str, content: bytes) -> UploadedImage:
        """Put an image into a folder. One request."""
        reply = await post(
            "/v2/image-folders/{folder}/images",
            folder=folder_id,
            json={"fileName": filename, "data": b64encode(content).decode()},
            limit="low",
        )
        return read_v2(UploadedImage, reply)
