import socket

import pytest

from prompt_improver.domain.errors import AddressError
from prompt_improver.server import listen


def test_the_listening_socket_says_that_it_is_tcp():
    """asyncio sends small answers at once only on those: others wait 40 ms for an ACK."""
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_port_0_takes_a_free_port():
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0


def test_a_host_that_is_not_known_is_refused_by_name():
    with pytest.raises(AddressError, match=r"no\.such\.host\.invalid port 1 .*API_HOST"):
        listen("no.such.host.invalid", 1)


@pytest.mark.parametrize("host", ["..", "x" * 70 + ".example"])
def test_what_is_no_host_name_is_refused(host):
    with pytest.raises(AddressError, match="API_HOST"):
        listen(host, 0)


def test_a_port_that_is_taken_is_refused_with_the_mend():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=f"port {port} .*in use.*a free port"):
            listen("127.0.0.1", port)
