"""Dotdigital keeps the promises."""

from martech.testing.promises import Promises


class TestPromises(Promises):
    provider = "dotdigital"
