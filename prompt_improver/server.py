"""Running the API as a process."""

import asyncio
import gc
import logging
import math
import os
import socket
import sys
from types import FrameType

import uvicorn

from prompt_improver import __version__
from prompt_improver.api.shutdown import Shutdown
from prompt_improver.app import create_app
from prompt_improver.domain.errors import AddressError, SettingsError
from prompt_improver.exposure import check_exposure
from prompt_improver.http_protocol import HttpProtocol
from prompt_improver.logs import configure_logging, log_line
from prompt_improver.model_wiring import make_backends
from prompt_improver.setting_warnings import setting_warnings
from prompt_improver.settings import Settings

logger = logging.getLogger(__name__)

GRACE_S = 20.0
"""Seconds that a stop leaves to the calls of the model under way."""
ANSWERS_S = 5.0
"""Seconds then for the last answers to go out; the history is drained after."""
LAST_ANSWERS_S = 0.5
"""Seconds for them after a second signal."""
LONGEST_STOP_S = 40
"""Seconds that a stop takes in all, and TimeoutStopSec of the systemd unit."""


class _Server(uvicorn.Server):
    """Says where it listens once it does, and comes to an end when it is told to.

    After a signal the requests under way have ``grace_s`` seconds, and ANSWERS_S more once
    their calls of the model are cancelled; then the app's lifespan ends. A second signal, of
    either kind, cuts all that short. uvicorn alone waits for the model, ignores a second
    SIGTERM, and ends at a second SIGINT without the end of the lifespan: rows would be lost.
    """

    def __init__(
        self, config: uvicorn.Config, shutdown: Shutdown, grace_s: float, log_format: str
    ) -> None:
        super().__init__(config)
        self._log_format = log_format
        self._shutdown = shutdown
        self._grace_s = grace_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What the start made stays. Garbage is looked for among what comes now, at Python's pace.
        gc.freeze()
        gc.set_threshold(700, 10, 10)
        if sockets and self.started:
            host, port = sockets[0].getsockname()[:2]
            host = f"[{host}]" if ":" in host else host
            line = f"Prompt Improver {__version__} listens on http://{host}:{port}"
            sys.stdout.write(log_line(self._log_format, __name__, line) + "\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logger.info("Stopping: requests in progress have %g s", self._grace_s)
        self._shutdown.began.set()
        grace = asyncio.get_running_loop().call_later(self._grace_s, self._end_grace)
        try:
            await super().shutdown(sockets)
        finally:
            grace.cancel()
        logger.info("Stopped")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            # From a signal's handler this alone wakes the loop.
            asyncio.get_running_loop().call_soon_threadsafe(self._hurry)
        else:
            super().handle_exit(sig, frame)

    def _end_grace(self) -> None:
        if self.server_state.tasks:
            logger.warning(
                "%g s have passed: cancelling calls of the model; %d requests in progress",
                self._grace_s,
                len(self.server_state.tasks),
            )
        self._shutdown.grace_ended.set()

    def _hurry(self) -> None:
        logger.warning("Second signal: stopping at once")
        self._shutdown.hurry()
        asyncio.get_running_loop().call_later(LAST_ANSWERS_S, self._cut)

    def _cut(self) -> None:
        for task in self.server_state.tasks:
            task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def serve(settings: Settings, *, grace_s: float = GRACE_S) -> None:
    """Serve until SIGINT or SIGTERM, then end the requests under way and drain the history,
    within LONGEST_STOP_S seconds in all. A second signal ends at once, with what waits in the
    spool.

    Args:
        grace_s: seconds that a stop leaves to the calls of the model under way.

    Raises:
        AddressError: the address cannot be listened on.
        SettingsError: a setting of the model is wrong or missing, or the API would stand open.
    """
    os.umask(0o077)  # whatever is written is the user's own
    configure_logging(settings.log_level, settings.log_format)
    _log_settings(settings)
    # Both before the server: what is wrong with them ends the program in one line.
    listener = listen(settings.api_host, settings.api_port)
    address = listener.getsockname()[0]
    try:
        check_exposure(settings, address)
    except SettingsError:
        listener.close()
        raise
    backends = asyncio.run(make_backends(settings))
    shutdown = Shutdown()
    config = uvicorn.Config(
        create_app(settings, backends=backends, address=address, shutdown=shutdown),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        # Whatever else is installed: the parser, the loop and the doors that are tested.
        http=HttpProtocol,
        loop="asyncio",
        ws="none",
        timeout_graceful_shutdown=math.ceil(grace_s + ANSWERS_S),
    )
    with listener:
        _Server(config, shutdown, grace_s, settings.log_format).run(sockets=[listener])


def _log_settings(settings: Settings) -> None:
    for warning in setting_warnings():
        logger.warning(warning)
    if settings.sqlite_enabled and settings.in_data_folder and not settings.database_file.exists():
        logger.info(settings.where_history_is)


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
