"""dEngage keeps the promises."""

from martech.testing.promises import Promises


class TestPromises(Promises):
    provider = "dengage"
    login = r"POST /login"
    send_route = r"POST /rest/transactional/"
