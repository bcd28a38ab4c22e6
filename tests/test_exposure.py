"""When the API may be served without a key, and what is said where it may not."""

import pytest

from prompt_improver.app import create_app
from prompt_improver.domain.errors import SettingsError
from prompt_improver.exposure import check_exposure, is_loopback
from prompt_improver.settings import Settings

LONG = "planted-key-long"
SHORT = LONG[:-1]
PUBLIC = "localhost,prompts.example"


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize(
    "host",
    "localhost LocalHost localhost. app.localhost localhost:8000 127.0.0.1 127.0.0.1:80 "
    "127.255.0.3 ::1 [::1] [::1]:8000 0:0:0:0:0:0:0:1 ::ffff:127.0.0.1".split(),
)
def test_what_leads_to_this_machine_alone_is_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    "0.0.0.0 :: [::] 0.0.0.0:8000 10.0.0.5 128.0.0.1 ::ffff:10.0.0.5 fe80::1%eth0 prompts.example "
    "localhost.example mylocalhost .localhost a..localhost localhost.. 127.0.0.1.example 127.1 "
    "127.0.0.1:1:2 testserver".split(),
)
def test_every_other_name_or_address_is_not(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("given", "named", "mend"),
    [
        ({"allowed_hosts": PUBLIC}, "ALLOWED_HOSTS='prompts.example'", "out of ALLOWED_HOSTS"),
        ({"allowed_hosts": "0.0.0.0"}, "ALLOWED_HOSTS='0.0.0.0'", "out of ALLOWED_HOSTS"),
        ({"api_host": "0.0.0.0"}, "API_HOST='0.0.0.0'", "API_HOST=127.0.0.1"),
        ({"api_host": "::"}, "API_HOST='::'", "API_HOST=127.0.0.1"),
        ({"api_host": "prompts.example"}, "API_HOST='prompts.example'", "API_HOST=127.0.0.1"),
    ],
)
@pytest.mark.parametrize("key", ["", SHORT, f"  {SHORT}  "])
def test_a_way_in_for_others_without_a_key_of_16_characters_is_refused(given, named, mend, key):
    with pytest.raises(SettingsError) as caught:
        check_exposure(settings(api_key=key, **given))
    line = str(caught.value)
    assert named in line
    assert mend in line
    assert "set API_KEY to 16 characters or more" in line
    assert "ALLOW_NO_API_KEY=true" in line
    assert "\n" not in line
    assert "planted" not in line


def test_two_ways_in_are_both_named_in_the_one_line():
    with pytest.raises(SettingsError, match=r"API_HOST='::' .* ALLOWED_HOSTS='prompts.example'"):
        check_exposure(settings(api_host="::", allowed_hosts=PUBLIC))


@pytest.mark.parametrize("given", [{"allowed_hosts": PUBLIC}, {"api_host": "0.0.0.0"}, {}])
def test_a_key_of_16_characters_is_enough_everywhere(given):
    assert check_exposure(settings(api_key=LONG, **given)) is None


def test_on_this_machine_alone_no_key_is_needed():
    assert check_exposure(settings()) is None
    assert check_exposure(settings(allow_no_api_key=True)) is None


def test_on_this_machine_alone_a_shorter_key_is_warned_of():
    warning = check_exposure(settings(api_key=SHORT))
    assert warning == "API_KEY has fewer than 16 characters: it can be guessed, set a longer one"


@pytest.mark.parametrize("given", [{"allowed_hosts": PUBLIC}, {"api_host": "0.0.0.0"}])
@pytest.mark.parametrize("key", ["", SHORT])
def test_who_allows_it_is_warned_of_what_stands_open(given, key):
    warning = check_exposure(settings(allow_no_api_key=True, api_key=key, **given))
    assert warning.startswith("ALLOW_NO_API_KEY=true")
    assert "read and delete the history" in warning
    assert "planted" not in warning


def test_the_address_that_is_bound_tells_more_than_the_name():
    """/etc/hosts of Debian has the machine's own name as 127.0.1.1; another's may not."""
    assert check_exposure(settings(api_host="my-machine"), "127.0.1.1") is None
    with pytest.raises(SettingsError, match="API_HOST='localhost'"):
        check_exposure(settings(api_host="localhost"), "10.0.0.5")


def test_whoever_makes_the_app_to_serve_it_another_way_is_asked_too():
    with pytest.raises(SettingsError, match="ALLOWED_HOSTS"):
        create_app(settings(allowed_hosts=PUBLIC))
