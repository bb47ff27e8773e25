"""Forms, which the vendor's paths call surveys, and what people answered. They are made in its screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from martech.models import Page
from martech.provider import M, Resource, get, operation, paged
from martech_dotdigital.limits import TEMPLATES_PAGE
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.native.shapes.forms import Form, FormPage, FormResponse
from martech_dotdigital.paging import rows, walked
from martech_dotdigital.reading import read_v2
from martech_dotdigital.times import since_part

__all__ = ["AnsweredForm", "NativeForms"]


@dataclass(frozen=True, slots=True)
class AnsweredForm:
    """One row of a backfill: which form, and what somebody answered."""

    form_id: str
    response: FormResponse


class NativeForms(Resource[M]):
    """Forms and answers."""

    row = "native.forms"

    @paged
    async def list(self, cursor: str | None, *, only_with_list: bool = False) -> Page[Form]:
        """Iterate over the forms, or those that put people on a list. One request a page of up to 500."""
        return await rows(
            _FORMS,
            lambda query: get(
                "/v2/surveys", query={"assignedToAddressBookOnly": _flag(only_with_list), **query}, limit="medium"
            ),
            cursor,
            size=TEMPLATES_PAGE,
        )

    @operation
    async def get(self, form_id: str) -> Form:
        """Return one form. One request."""
        return read_v2(Form, await get("/v2/surveys/{survey}", survey=number(form_id, "form"), limit="medium"))

    @operation
    async def fields(self, form_id: str) -> Sequence[FormPage]:
        """Return the questions of a form, page by page. One request."""
        form = number(form_id, "form")
        return read_v2(_PAGES, await get("/v2/surveys/{survey}/fields", survey=form, limit="medium"))

    @paged
    async def active_since(
        self, cursor: str | None, *, since: datetime, only_with_list: bool = False
    ) -> Page[Form]:
        """Iterate over the forms that somebody answered since a time. One request a page."""
        return await _active(since, cursor, only_with_list=only_with_list)

    @paged
    async def responses(
        self, cursor: str | None, form_id: str, *, since: datetime | None = None
    ) -> Page[FormResponse]:
        """Iterate over the answers to a form, or those given or changed since a time. One request a page."""
        return await _responses(number(form_id, "form"), since, cursor)

    @paged
    async def backfill(self, cursor: str | None, *, since: datetime) -> Page[AnsweredForm]:
        """Iterate over the answers to every form since a time, form after form. One request a page.

        The cursor holds the forms still to come: `pages(after=cursor)` goes on in another process, with the same
        `since`.
        """

        async def names(outer: str | None) -> Page[str]:
            page = await _active(since, outer, only_with_list=False)
            return Page([str(form.id) for form in page.items], page.next_cursor)

        async def of_form(form_id: str, at: str | None) -> Page[AnsweredForm]:
            page = await _responses(number(form_id, "form"), since, at)
            return Page([AnsweredForm(form_id, one) for one in page.items], page.next_cursor)

        return await walked(cursor, names, of_form)


_FORMS = list[Form]
_PAGES = list[FormPage]
_RESPONSES = list[FormResponse]


def _flag(wanted: bool) -> str | None:  # noqa: FBT001 - it is what is turned into text
    return "true" if wanted else None


async def _active(since: datetime, cursor: str | None, *, only_with_list: bool) -> Page[Form]:
    date = since_part(since)
    return await rows(
        _FORMS,
        lambda query: get(
            "/v2/surveys/with-activity-since/{date}",
            date=date,
            query={"assignedToAddressBookOnly": _flag(only_with_list), **query},
            limit="medium",
        ),
        cursor,
        size=TEMPLATES_PAGE,
    )


async def _responses(form: int, since: datetime | None, cursor: str | None) -> Page[FormResponse]:
    if since is None:
        return await rows(
            _RESPONSES,
            lambda query: get("/v2/surveys/{survey}/responses", survey=form, query=query, limit="low"),
            cursor,
        )
    date = since_part(since)
    return await rows(
        _RESPONSES,
        lambda query: get(
            "/v2/surveys/{survey}/responses/with-activity-since/{date}",
            survey=form,
            date=date,
            query=query,
            limit="low",
        ),
        cursor,
    )
