"""What we use of DSPy beyond its documented names. An upgrade that breaks one is named here, with
what of ours stands on it, before anything fails at a user's."""

import inspect

import pytest

lm15 = pytest.importorskip("dspy.lm15")


def parameters(function) -> set[str]:
    return set(inspect.signature(function).parameters)


def test_the_transport_that_bounds_an_answer_has_the_parts_that_transport_py_replaces():
    """Private: ``dspy._vendor.lm15.transports``. Without it nothing keeps a model on this machine
    from being looked for behind a proxy, or ends an answer without an end."""
    from dspy._vendor.lm15 import transports

    assert {
        "connect_timeout", "read_timeout", "write_timeout", "pool_timeout", "max_connections",
        "trust_env",
    } <= parameters(transports.StdlibAsyncTransport.__init__)  # fmt: skip
    assert "request" in parameters(transports.StdlibAsyncTransport.stream)
    assert {"status", "reason", "headers", "http_version", "chunks", "release"} <= parameters(
        transports.AsyncTransportResponse.__init__
    )


def test_the_router_takes_keys_addresses_and_our_transport_as_engine_py_gives_them():
    assert {"env", "api_keys", "base_urls", "transport"} <= parameters(lm15.RouterConfig)
    assert callable(lm15.AsyncLMRouter(lm15.RouterConfig(env={})).lm)


def test_every_door_of_our_providers_is_one_of_the_router():
    from prompt_improver.improvement.model.providers import PROVIDERS

    keys = {provider.door: "key" for provider in PROVIDERS.values()}
    router = lm15.AsyncLMRouter(lm15.RouterConfig(env={}, api_keys=keys))
    for provider in PROVIDERS.values():
        assert router.lm(f"{provider.door}:some-model") is not None, provider.name


@pytest.mark.parametrize(
    "name",
    ["LM15Error", "TransportError", "ServerError", "InvalidRequestError", "ContextLengthError",
     "UnsupportedModelError"],
)  # fmt: skip
def test_the_errors_that_engine_py_tells_apart_are_there(name):
    assert issubclass(getattr(lm15, name), Exception)


def test_an_lm_takes_an_engine_of_ours():
    import dspy

    assert {"engine", "async_engine"} <= parameters(dspy.LM.__init__)
