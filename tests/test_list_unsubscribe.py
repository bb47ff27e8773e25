"""`List-Unsubscribe`: the headers, and that no vendor drops them silently."""

import pytest

from martech import EmailMessage, Mailbox, MartechError, list_unsubscribe
from martech.errors import InvalidRequest, UnsupportedOperation
from martech.registry import installed
from martech.testing.connecting import bench
from martech.testing.outbox import Outbox


def test_the_headers_are_those_of_the_standards() -> None:
    assert list_unsubscribe(url="https://shop.test/u?t=1", mailto="stop@example.org") == {
        "List-Unsubscribe": "<https://shop.test/u?t=1>, <mailto:stop@example.org>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert list_unsubscribe(mailto="stop@example.org") == {"List-Unsubscribe": "<mailto:stop@example.org>"}


@pytest.mark.parametrize("given", [{}, {"url": "http://shop.test"}, {"url": "https://a\nb"}, {"mailto": "nobody"}])
def test_what_no_mail_program_would_use_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"address|https"):
        list_unsubscribe(**given)


@pytest.mark.parametrize("name", [one.name for one in installed()])
def test_a_vendor_that_takes_no_headers_refuses_them_before_any_request(name: str) -> None:
    at = bench(name)
    letter = EmailMessage(
        to="ada@example.org", subject="s", html="h", sender=Mailbox(address="shop@example.org"),
        headers=list_unsubscribe(url="https://shop.test/u"),
    )  # fmt: skip
    with at.client() as client, pytest.raises(MartechError) as refused:
        client.messages.send_email(letter)
    assert isinstance(refused.value, (InvalidRequest, UnsupportedOperation))
    assert at.emulator.outbox == []


def test_an_outbox_keeps_them(outbox: Outbox) -> None:
    headers = list_unsubscribe(url="https://shop.test/u")
    outbox.client().messages.send_email(EmailMessage(to="ada@example.org", subject="s", html="h", headers=headers))
    assert outbox.email().headers == headers
