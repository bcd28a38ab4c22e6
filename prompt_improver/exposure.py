"""Who can reach the API, and whether that takes a key: the one rule, for every way to serve."""

import ipaddress

from prompt_improver.domain.errors import SettingsError
from prompt_improver.settings import Settings

KEY_LENGTH = 16
"""Characters that an API_KEY needs where others than this machine can send it guesses."""


def check_exposure(settings: Settings, address: str | None = None) -> str | None:
    """The warning that this start deserves, or None.

    Other machines come in by an API_HOST beyond loopback, or by a proxy on this machine that
    passes on a public name, which then stands in ALLOWED_HOSTS. Both take a key.

    Args:
        address: where the socket is bound, which tells more than the name in API_HOST.

    Raises:
        SettingsError: others can come in without a key, and nobody said that they may. One
            line that names the variable, its value and the mend, never the key.
    """
    length = len(settings.api_key.get_secret_value())
    if length >= KEY_LENGTH:
        return None
    lack = f"API_KEY has fewer than {KEY_LENGTH} characters" if length else "API_KEY is not set"
    ways = _ways_in(settings, address)
    if not ways:
        return f"{lack}: it can be guessed, set a longer one" if length else None
    facts, mends = (" and ".join(words) for words in zip(*ways, strict=True))
    if settings.allow_no_api_key:
        return (
            f"ALLOW_NO_API_KEY=true, {facts}, and {lack}: whoever reaches the API can read and "
            "delete the history"
        )
    raise SettingsError(
        f"{facts}, and {lack}: set API_KEY to {KEY_LENGTH} characters or more, or {mends}, or "
        "set ALLOW_NO_API_KEY=true"
    )


def is_loopback(host: str) -> bool:
    """Whether ``host``, a name or an address, with or without port, leads to this machine
    wherever it is asked: ``localhost`` and what ends in ``.localhost`` (RFC 6761),
    127.0.0.0/8 and ::1. False for any other name: only a resolver would know."""
    name = _without_port(host.strip().lower())
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        labels = name.removesuffix(".").split(".")
        return labels[-1] == "localhost" and all(labels)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _ways_in(settings: Settings, address: str | None) -> list[tuple[str, str]]:
    """How others than this machine get to the API: the fact, and how to end it."""
    ways = []
    if not is_loopback(address or settings.api_host):
        fact = f"API_HOST={settings.api_host[:80]!r} lets other machines in"
        ways.append((fact, "set API_HOST=127.0.0.1"))
    names = ",".join(name for name in settings.allowed_hosts if not is_loopback(name))
    if names:
        fact = f"ALLOWED_HOSTS={names[:80]!r} lets others in through a proxy"
        ways.append((fact, "take it out of ALLOWED_HOSTS"))
    return ways


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host
