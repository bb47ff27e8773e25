"""The frame for pretended vendors: stateful, from the vendor's facts, with an own clock and bad days on demand."""

from martech.emulation.clock import Clock, EmulatorClock
from martech.emulation.faults import Fault, FaultKind, Faults
from martech.emulation.incoming import Incoming
from martech.emulation.server import Served, serve
from martech.emulation.state import Asked, Emulator, Ledger, Sent, reply, route
from martech.wire import Headers, HttpRequest, Response

__all__ = [
    "Asked",
    "Clock",
    "Emulator",
    "EmulatorClock",
    "Fault",
    "FaultKind",
    "Faults",
    "Headers",
    "HttpRequest",
    "Incoming",
    "Ledger",
    "Response",
    "Sent",
    "Served",
    "reply",
    "route",
    "serve",
]
