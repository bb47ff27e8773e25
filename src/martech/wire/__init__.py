"""HTTP as values: effects, requests, responses and what a login gives. No input or output happens here."""

from martech.wire.auth import Auth, BasicAuth, ClientCredentials, Host, Token, basic, bearer, expiry
from martech.wire.effects import Effect, Emit, NewId, Now, Outcome, Pause, Take, Together
from martech.wire.mutex import Mutex
from martech.wire.primitives import Acquire, Consult, Exchange, Fork
from martech.wire.request import (
    Asking,
    HttpRequest,
    Kind,
    Request,
    SendKey,
    base_url,
    delete,
    get,
    is_loopback,
    key_part,
    patch,
    post,
    put,
    send,
)
from martech.wire.response import CutConnection, Headers, Response

__all__ = [
    "Acquire",
    "Asking",
    "Auth",
    "BasicAuth",
    "ClientCredentials",
    "Consult",
    "CutConnection",
    "Effect",
    "Emit",
    "Exchange",
    "Fork",
    "Headers",
    "Host",
    "HttpRequest",
    "Kind",
    "Mutex",
    "NewId",
    "Now",
    "Outcome",
    "Pause",
    "Request",
    "Response",
    "SendKey",
    "Take",
    "Together",
    "Token",
    "base_url",
    "basic",
    "bearer",
    "delete",
    "expiry",
    "get",
    "is_loopback",
    "key_part",
    "patch",
    "post",
    "put",
    "send",
]
