"""What applications hold: a client per account, one file per row, two faces."""

from martech.client.client import AsyncClient, Client
from martech.client.options import ClientOptions
from martech.client.rows import Rows

__all__ = ["AsyncClient", "Client", "ClientOptions", "Rows"]
