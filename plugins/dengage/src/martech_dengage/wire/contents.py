"""Contents: what sends are made of."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from martech_dengage.wire.base import Text, open_ended


@open_ended
class ContentRow(TypedDict):
    """A content of the listing; pushes spell three of these otherwise (C1)."""

    publicId: NotRequired[Text]
    id: NotRequired[Text]
    contentName: NotRequired[Text]
    name: NotRequired[Text]
    location: NotRequired[Text]
    isTransactionalContent: NotRequired[bool | None]
    is_transactional_content: NotRequired[bool | None]
    createdAt: NotRequired[Text]
    updatedAt: NotRequired[Text]


class ContentsData(TypedDict):
    """A page of contents."""

    result: list[ContentRow]
    queryForNextPage: NotRequired[bool | None]
    totalRowCount: NotRequired[int | None]


class ContentsAnswer(TypedDict):
    """Answer of the listing."""

    data: ContentsData


@open_ended
class LanguageRow(TypedDict):
    """The content in one language: of an e-mail, a text message or a push (C1)."""

    language: NotRequired[Text]
    subject: NotRequired[Text]
    content: NotRequired[Text]
    fromName: NotRequired[Text]
    fromAddress: NotRequired[Text]
    message: NotRequired[Text]
    senderName: NotRequired[Text]
    title: NotRequired[Text]


@open_ended
class ContentDetail(TypedDict):
    """A content with its languages. Its name was not seen here, and is read where it is given."""

    contents: list[LanguageRow]
    contentName: NotRequired[Text]


class ContentData(TypedDict):
    """What is around it."""

    contentDetail: ContentDetail


class ContentAnswer(TypedDict):
    """Answer of GetEmailContent and its siblings."""

    data: ContentData


class CreatedContent(TypedDict):
    """A content that was made (assumed)."""

    publicId: str


class CreatedContentAnswer(TypedDict):
    """Answer of CreateEmailContent and CreateSmsContent (assumed)."""

    data: CreatedContent
