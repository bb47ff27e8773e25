"""Digital Onboarding keeps the promises."""

from martech.testing.promises import Promises


class TestPromises(Promises):
    provider = "digital_onboarding"
    login = r"POST /oauth2/token"
