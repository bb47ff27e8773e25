"""Recorded conversations: played back with the network shut, or recorded again.

A cassette holds what was said between a client and a vendor, without secrets: the provider's own `scrub` takes
them out before anything is written. One recorded from an emulator carries the host `emulated.<provider>.test`, so
that nobody takes it for the vendor's word.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from martech.client import Client
from martech.emulation import serve
from martech.provider.scrubbing import SCRUBBED, Scrub
from martech.registry import emulator, find
from martech.testing.clock import ManualClock

if TYPE_CHECKING:
    from vcr.config import VCR

__all__ = ["played", "recorded", "recorder"]


def recorder(scrub: Scrub, *, record: bool, host: str, real: str | None = None) -> VCR:
    """Return a recorder that keeps no secret; `real` is the address that `host` stands for while recording."""
    from vcr.config import VCR
    from vcr.record_mode import RecordMode

    def clean_request(request: Any) -> Any:
        if real is not None and request.uri.startswith(real):
            request.uri = host + request.uri.removeprefix(real)
        request.uri = scrub.url(request.uri)
        if request.body:
            request.body = scrub.body(bytes(request.body))
        for name in list(request.headers):
            if scrub.is_secret_header(name):
                request.headers[name] = SCRUBBED
        request.headers.pop("host", None)
        request.headers.pop("Host", None)
        return request

    def clean_response(response: dict[str, Any]) -> dict[str, Any]:
        headers = {name: value for name, value in response["headers"].items() if name.lower() != "content-length"}
        for name in headers:
            if scrub.is_secret_header(name):
                headers[name] = [SCRUBBED]
        body = scrub.body(response["body"]["string"])
        if real is not None:
            body = body.replace(real.encode(), host.encode())
        return {**response, "headers": headers, "body": {"string": body}}

    return VCR(
        record_mode=RecordMode.ALL if record else RecordMode.NONE,
        before_record_request=clean_request,
        before_record_response=clean_response if record else None,
        decode_compressed_response=True,
        match_on=("method", "scheme", "host", "path", "query", "body"),
    )


@contextmanager
def played(provider: str, path: Path) -> Generator[Client]:
    """Give a client that talks to a cassette and to nothing else.

    What was not recorded is an error of the recorder, which no retry of ours swallows.
    """
    clock = ManualClock()
    made = emulator(provider)(clock=clock)
    tape = recorder(find(provider).scrub, record=False, host=made.public_url)
    with tape.use_cassette(str(path)), _client(provider, made.settings(), clock) as client:
        yield client


@contextmanager
def recorded(provider: str, path: Path, **switches: Any) -> Generator[Client]:
    """Give a client that talks to the provider's emulator over HTTP on this machine, and record what is said."""
    clock = ManualClock()
    made = emulator(provider)(clock=clock, **switches)
    host = made.public_url
    path.unlink(missing_ok=True)
    with serve(made) as served:
        tape = recorder(find(provider).scrub, record=True, host=host, real=served.url)
        with tape.use_cassette(str(path)), _client(provider, made.settings(), clock) as client:
            yield client


def _client(provider: str, settings: dict[str, Any], clock: ManualClock) -> Client:
    # Ids and times are the same each time, so that what is sent is what was recorded.
    numbers = iter(range(1, 1_000_000))
    return Client(
        provider, **settings, clock=clock, new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}"
    )
