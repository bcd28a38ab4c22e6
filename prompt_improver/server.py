"""Running the API as a process."""

import asyncio
import logging
import math
import os
import socket
import sys

import uvicorn

from prompt_improver import __version__
from prompt_improver.app import create_app
from prompt_improver.domain.errors import AddressError, SettingsError
from prompt_improver.exposure import check_exposure
from prompt_improver.http_protocol import HttpProtocol
from prompt_improver.logs import configure_logging
from prompt_improver.misspelt_settings import misspelt_warnings
from prompt_improver.settings import Settings
from prompt_improver.wiring import make_backends

logger = logging.getLogger(__name__)

GRACE_S = 5
"""Seconds that a stop gives to the requests under way beyond what a model may take; the
history is drained after."""


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and self.started:
            host, port = sockets[0].getsockname()[:2]
            host = f"[{host}]" if ":" in host else host
            sys.stdout.write(f"Prompt Improver {__version__} listens on http://{host}:{port}\n")
            sys.stdout.flush()


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then end the requests under way and drain the history.

    Raises:
        AddressError: the address cannot be listened on.
        SettingsError: a setting of the model is wrong or missing, or the API would stand open.
    """
    os.umask(0o077)  # whatever is written is the user's own
    configure_logging(settings.log_level, settings.log_format)
    for warning in misspelt_warnings():
        logger.warning(warning)
    # Both before the server: what is wrong with them ends the program in one line.
    listener = listen(settings.api_host, settings.api_port)
    address = listener.getsockname()[0]
    try:
        check_exposure(settings, address)
    except SettingsError:
        listener.close()
        raise
    backends = asyncio.run(make_backends(settings))
    config = uvicorn.Config(
        create_app(settings, backends=backends, address=address),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        # Whatever else is installed: the parser, the loop and the doors that are tested.
        http=HttpProtocol,
        loop="asyncio",
        ws="none",
        timeout_graceful_shutdown=math.ceil(settings.llm_timeout_s) + GRACE_S,
    )
    with listener:
        _Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host`` and ``port``.

    Raises:
        AddressError: it cannot; names the address and the mend.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        # With the protocol named: asyncio turns Nagle's algorithm off only for sockets that
        # say that they are TCP (create_server's do not), and every answer would wait 40 ms.
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
        except OSError:
            listener.close()
            raise
        return listener
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a host name"
        raise AddressError(
            f"Cannot listen on {host} port {port} ({why}): "
            "set API_HOST and API_PORT to an address of this machine and a free port"
        ) from error
