"""Peers on this machine that behave in one particular way: slow, dripping, choosy, behind TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@contextmanager
def full_backlog() -> Iterator[str]:
    """An address where nobody accepts and no connection can be made: its line is full."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(listening.getsockname())
            waiting.append(one)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            for one in waiting:
                one.close()


@contextmanager
def dripping() -> Iterator[str]:
    """A server whose answer comes a byte at a time, and never ends by itself."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not done.wait(0.02):
                    connection.sendall(b".")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        done.set()
        thread.join(2)


@dataclass
class Log:
    """What a server saw."""

    connections: int = 0
    asked: list[str] = field(default_factory=list)
    headers: str = ""


@contextmanager
def keeping(*, requests_per_connection: int = 1000) -> Iterator[tuple[str, Log]]:
    """A server that keeps connections open; after so many requests it reads one more, and closes unanswered."""
    log, lock = Log(), threading.Lock()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        stopped = threading.Event()

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(2)
                for number in range(requests_per_connection + 1):
                    got = connection.recv(65536)
                    if not got:
                        return
                    with lock:
                        log.asked.append(" ".join(got.decode().split(" ")[:2]))
                        log.headers += got.decode().lower()
                    if number == requests_per_connection:
                        return
                    if b"/slow" in got:
                        time.sleep(0.05)
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: session=1; Path=/\r\n\r\n{}"
                    )

        def serve() -> None:
            while not stopped.is_set():
                with suppress(TimeoutError):
                    connection, _ = listening.accept()
                    log.connections += 1
                    threading.Thread(target=one, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", log
        stopped.set()
        thread.join(2)


class Authority:
    """A certificate authority, and a server with a certificate of it for this machine."""

    def __init__(self, folder: Path) -> None:
        now = datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "martech tests")])
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.ca_file = str(folder / "ca.pem")
        self._key_file = str(folder / "key.pem")
        Path(self.ca_file).write_bytes(made.public_bytes(serialization.Encoding.PEM))
        Path(self._key_file).write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve one answer over TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, self._key_file)
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def serve() -> None:
                connection, _ = listening.accept()
                with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n" + b'{"a":1}'
                    )

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            yield f"https://127.0.0.1:{listening.getsockname()[1]}"
            thread.join(2)
