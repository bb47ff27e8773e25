"""Documents and images in folders, and documents attached to campaigns (sections 18 and 28)."""

from __future__ import annotations

import re
import struct
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.conventions.answers import Refused, answer, v2_refusal
from martech_dotdigital.emulator.conventions.multipart import multipart
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import INVALID, Body, number_part, v2_object
from martech_dotdigital.emulator.conventions.times import stamp
from martech_dotdigital.emulator.email.campaigns import CampaignOperations

__all__ = ["LibraryOperations"]

DOCUMENTS, IMAGES = "/v2/document-folders", "/v2/image-folders"
ATTACHMENTS = "/v2/campaigns/{campaignId}/attachments"
FOLDER_NAME = re.compile(r"[a-zA-Z0-9_-]{1,20}")
LARGEST_DOCUMENT = 10 * 1024 * 1024
IMAGE_TYPES = {"image/png": "png", "image/jpeg": "jpg", "image/jpg": "jpg", "image/gif": "gif"}
TYPE_OF_SUFFIX = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}


@dataclass(slots=True)
class Folder:
    """A folder; the root has the id 0."""

    id: int
    name: str
    children: list[Folder] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)

    def shape(self) -> dict[str, Any]:
        """Return it as printed, with everything below; no children are null."""
        return {
            "id": self.id,
            "name": self.name,
            "childFolders": [child.shape() for child in self.children] or None,
        }


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A document or an image."""

    id: int
    name: str
    path: str
    content: bytes
    created: datetime

    def document_shape(self) -> dict[str, Any]:
        """Return it as a document."""
        return {
            "id": self.id,
            "name": self.name,
            "fileName": self.path,
            "fileSize": len(self.content),
            "dateCreated": stamp(self.created),
            "dateModified": stamp(self.created),
        }

    def image_shape(self, base: str) -> dict[str, Any]:
        """Return it as an image."""
        width, height = image_size(self.content)
        return {
            "url": f"{base}/images/{self.path}",
            "filename": self.name,
            "mimeType": TYPE_OF_SUFFIX.get(self.name.rpartition(".")[2].lower(), "image/png"),
            "sizeInBytes": len(self.content),
            "widthInPixels": width,
            "heightInPixels": height,
            "contentTags": [],
        }


class LibraryOperations(CampaignOperations):
    """Folders of documents and of images are alike; only their files differ."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.document_folders = {0: Folder(0, "Documents")}
        self.image_folders = {0: Folder(0, "Images")}
        self.documents: dict[int, StoredFile] = {}

    @operation("GET", DOCUMENTS)
    def list_document_folders(self, _: Incoming) -> Response:
        """Return the tree of document folders."""
        return answer(200, [child.shape() for child in self.document_folders[0].children])

    @operation("POST", DOCUMENTS + "/{id}")
    def create_document_folder(self, incoming: Incoming) -> Response:
        """Create a folder in a document folder."""
        return self._create_folder(incoming, self.document_folders, "ERROR_DOCUMENT_FOLDER_NOT_FOUND")

    @operation("GET", DOCUMENTS + "/{id}/documents")
    def list_documents(self, incoming: Incoming) -> Response:
        """List the documents in a folder."""
        folder = _folder(incoming, self.document_folders, "ERROR_DOCUMENT_FOLDER_NOT_FOUND")
        return answer(200, [file.document_shape() for file in folder.files])

    @operation("POST", DOCUMENTS + "/{id}/documents")
    def upload_document(self, incoming: Incoming) -> Response:
        """Keep a document of up to 10 MB."""
        folder = _folder(incoming, self.document_folders, "ERROR_DOCUMENT_FOLDER_NOT_FOUND")
        name, content = _uploaded(incoming)
        if len(content) > LARGEST_DOCUMENT:
            raise v2_refusal(400, INVALID, "The document is too big.")
        number = self.next_number("document")
        stored = StoredFile(number, name, f"/cmpdoc/{self.account_id}/files/{number}_{name}", content, self.now())
        folder.files.append(stored)
        self.documents[number] = stored
        return answer(200, stored.document_shape())

    @operation("GET", IMAGES)
    def list_image_folders(self, _: Incoming) -> Response:
        """Return the tree of image folders."""
        return answer(200, [child.shape() for child in self.image_folders[0].children])

    @operation("GET", IMAGES + "/{id}")
    def get_image_folder(self, incoming: Incoming) -> Response:
        """Return one image folder with what is below."""
        return answer(200, _folder(incoming, self.image_folders, "ERROR_IMAGE_FOLDER_NOT_FOUND").shape())

    @operation("POST", IMAGES + "/{id}")
    def create_image_folder(self, incoming: Incoming) -> Response:
        """Create a folder in an image folder."""
        return self._create_folder(incoming, self.image_folders, "ERROR_IMAGE_FOLDER_NOT_FOUND")

    @operation("GET", IMAGES + "/{id}/images")
    def list_images(self, incoming: Incoming) -> Response:
        """List the images in a folder."""
        folder = _folder(incoming, self.image_folders, "ERROR_IMAGE_FOLDER_NOT_FOUND")
        return answer(200, [file.image_shape(self.public_url) for file in folder.files])

    @operation("POST", IMAGES + "/{id}/images")
    def upload_image(self, incoming: Incoming) -> Response:
        """Keep an image, sent as JSON or as it is."""
        folder = _folder(incoming, self.image_folders, "ERROR_IMAGE_FOLDER_NOT_FOUND")
        number = self.next_number("image")
        kind = (incoming.headers.get("content-type") or "").split(";")[0].strip().lower()
        if kind in IMAGE_TYPES:
            name, content = f"image-{number}.{IMAGE_TYPES[kind]}", incoming.body
        else:
            name, content = _uploaded(incoming)
        if name.rpartition(".")[2].lower() not in TYPE_OF_SUFFIX or not content:
            raise v2_refusal(400, "ERROR_CONTENT_TYPE_IS_NOT_SUPPORTED", "The file is no image.")
        stored = StoredFile(number, name, f"{folder.name}/{name}", content, self.now())
        folder.files.append(stored)
        return answer(200, {"id": number, "name": name, "path": stored.path})

    @operation("POST", ATTACHMENTS)
    def attach_document(self, incoming: Incoming) -> Response:
        """Attach a document to a campaign."""
        campaign = self.campaign_named(incoming)
        document = self.documents.get(v2_object(incoming).integer("id") or 0)
        if document is None:
            raise v2_refusal(404, "ERROR_DOCUMENT_NOT_FOUND")
        if document.id not in campaign.attachments:
            campaign.attachments.append(document.id)
        return answer(200, document.document_shape())

    @operation("GET", ATTACHMENTS)
    def list_attachments(self, incoming: Incoming) -> Response:
        """List the documents attached to a campaign."""
        campaign = self.campaign_named(incoming)
        return answer(200, [self.documents[number].document_shape() for number in campaign.attachments])

    @operation("DELETE", ATTACHMENTS + "/{documentId}")
    def detach_document(self, incoming: Incoming) -> Response:
        """Take a document off a campaign."""
        campaign, missing = self.campaign_named(incoming), v2_refusal(404, "ERROR_DOCUMENT_NOT_FOUND")
        number = number_part(incoming, "documentId", missing)
        if number not in campaign.attachments:
            raise missing
        campaign.attachments.remove(number)
        return answer(204)

    def _create_folder(self, incoming: Incoming, folders: dict[int, Folder], missing: str) -> Response:
        parent = _folder(incoming, folders, missing)
        name = v2_object(incoming).required("name")
        if not FOLDER_NAME.fullmatch(name):
            raise v2_refusal(400, INVALID, "The name is invalid.")
        made = Folder(self.next_number("folder"), name)
        folders[made.id] = made
        parent.children.append(made)
        return answer(201, made.shape())


def _folder(incoming: Incoming, folders: dict[int, Folder], code: str) -> Folder:
    missing = v2_refusal(404, code)
    folder = folders.get(number_part(incoming, "id", missing))
    if folder is None:
        raise missing
    return folder


def _uploaded(incoming: Incoming) -> tuple[str, bytes]:
    content_type = incoming.headers.get("content-type") or ""
    if content_type.startswith("multipart/"):
        for part in multipart(content_type, incoming.body):
            if part.filename:
                return part.filename, part.content
        raise _no_file()
    body: Body = v2_object(incoming)
    try:
        return body.required("fileName"), b64decode(body.required("data"), validate=True)
    except ValueError:
        raise body.refuse("data") from None


def _no_file() -> Refused:
    return v2_refusal(400, INVALID, "The file is missing.")


def image_size(content: bytes) -> tuple[int, int]:
    """Return width and height of a PNG or GIF; anything else is said to have none."""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content.startswith(b"GIF8") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return width, height
    return 0, 0
