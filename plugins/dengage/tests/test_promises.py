"""dEngage keeps the promises."""

from martech.testing.promises import Promises


class TestPromises(Promises):
    provider = "dengage"
    vendor_knows_keys = True
    login = r"POST /login"
    send_route = r"POST /rest/transactional/"
