"""Pigeonpost keeps the promises."""

from martech.testing.promises import Promises


class TestPromises(Promises):
    provider = "example"
    vendor_knows_keys = True
    login = r"POST /session"
