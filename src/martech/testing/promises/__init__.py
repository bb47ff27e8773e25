"""What every provider promises, as tests to inherit.

::

    from martech.testing.promises import Promises

    class TestPromises(Promises):
        provider = "acme"
        login = r"POST /login"

Each promise is kept on both faces, against the provider's emulator. Where a provider has no such verb, the promise
is that it says so and sends nothing.
"""

from martech.testing.promises.auth import AuthPromises
from martech.testing.promises.bad_days import BadDayPromises
from martech.testing.promises.capabilities import CapabilityPromises
from martech.testing.promises.consent import ConsentPromises
from martech.testing.promises.contacts import ContactPromises
from martech.testing.promises.lists import ListPromises
from martech.testing.promises.sending import SendingPromises

__all__ = ["Promises"]


class Promises(
    CapabilityPromises,
    AuthPromises,
    ContactPromises,
    ConsentPromises,
    ListPromises,
    SendingPromises,
    BadDayPromises,
):
    """All of them."""
