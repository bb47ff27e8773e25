"""Documents and images."""

from __future__ import annotations

from martech_dotdigital.native.shapes.base import Shape, WireTime


class Document(Shape):
    """A file kept at the vendor."""

    id: int
    name: str | None = None
    file_name: str | None = None
    file_size: int | None = None
    date_created: WireTime = None
    date_modified: WireTime = None


class Folder(Shape):
    """A folder of documents or images, with those inside it."""

    id: int
    name: str | None = None
    child_folders: tuple[Folder, ...] | None = None


class UploadedImage(Shape):
    """An image that was taken."""

    id: int | None = None
    name: str | None = None
    path: str | None = None


class Image(Shape):
    """An image kept at the vendor."""

    url: str
    filename: str | None = None
    mime_type: str | None = None
    size_in_bytes: int | None = None
    width_in_pixels: int | None = None
    height_in_pixels: int | None = None
    content_tags: tuple[str, ...] | None = None
