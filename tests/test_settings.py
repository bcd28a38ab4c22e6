import random
import string

import pytest
from pydantic import SecretStr

from prompt_improver.domain.errors import SettingsError
from prompt_improver.setting_values import is_placeholder, tell_wrong_value
from prompt_improver.setting_warnings import setting_warnings
from prompt_improver.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    """No variable of ours is set, and the working directory holds no .env."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_an_environment_the_defaults_hold():
    settings = load_settings()
    assert settings.api_host == "127.0.0.1"
    assert settings.api_port == 8000
    assert settings.llm_provider == "auto"
    assert settings.llm_timeout_s == 110
    assert settings.sqlite_enabled is True
    assert settings.sqlite_db_path == "data/prompt_history.db"
    assert settings.sqlite_retention_days == 30
    assert settings.breaker_max_failures == 5
    assert settings.breaker_cooldown_s == 300
    assert settings.dspy_fewshot_k == 3


def test_a_dotenv_file_goes_over_the_defaults(tmp_path):
    (tmp_path / ".env").write_text("API_PORT=9000\nSOMETHING_ELSE=1\n")
    assert load_settings().api_port == 9000


def test_the_environment_goes_over_the_dotenv_file(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("API_PORT=9000\n")
    monkeypatch.setenv("API_PORT", "9001")
    assert load_settings().api_port == 9001


def test_the_database_file_is_taken_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLITE_DB_PATH", "here/history.db")
    assert load_settings().database_file == tmp_path / "here" / "history.db"


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_value_means_unset(monkeypatch, blank):
    defaults = load_settings()
    for name in Settings.model_fields:
        if name not in ("api_host", "allowed_hosts", "sqlite_db_path", "backup_dir"):
            monkeypatch.setenv(name.upper(), blank)
    settings = load_settings()
    assert settings.llm_provider == "auto"
    differing = {n for n in Settings.model_fields if getattr(settings, n) != getattr(defaults, n)}
    assert differing <= {"llm_model", "llm_base_url", "dspy_fewshot_trainset_path"}


def test_a_blank_value_in_the_environment_goes_over_the_dotenv_file(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("LLM_PROVIDER=openai\n")
    monkeypatch.setenv("LLM_PROVIDER", "")
    assert load_settings().llm_provider == "auto"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("localhost:8000, Example.org:443", ("localhost", "example.org")),
        ("[::1]:8000,::1,127.0.0.1:80", ("[::1]", "127.0.0.1")),
        ("localhost,LOCALHOST:1", ("localhost",)),
    ],
)
def test_a_port_behind_an_allowed_host_is_left_out(monkeypatch, given, expected):
    monkeypatch.setenv("ALLOWED_HOSTS", given)
    assert load_settings().allowed_hosts == expected


@pytest.mark.parametrize(
    "text",
    "your_api_key_here your-anthropic-api-key YOUR_KEY sk-... sk-your-key-here sk-xxxx xxxxxxxx "
    "<your-key> {key} changeme change_me replace-me API_KEY api-key paste_key_here lsv2_xxx "
    "sk-ant-... placeholder **** sk_xxxxxx".split(),
)
def test_a_placeholder_is_no_key(monkeypatch, text):
    for name in ("OPENAI_API_KEY", "LLM_API_KEY", "API_KEY"):
        monkeypatch.setenv(name, f" {text} ")
    settings = load_settings()
    for secret in (settings.openai_api_key, settings.llm_api_key, settings.api_key):
        assert not secret.get_secret_value()
    assert sorted(setting_warnings(), reverse=True) == [
        f"{name} holds a placeholder and counts as not set: replace it with your key, or remove it"
        for name in ("OPENAI_API_KEY", "LLM_API_KEY", "API_KEY")
    ]


def test_what_servers_and_people_use_as_a_key_is_one():
    rng = random.Random(12)
    letters = string.ascii_letters + string.digits + "-_"
    made = ["".join(rng.choices(letters, k=rng.randint(16, 60))) for _ in range(20_000)]
    real = ["sk-no-key-required", "ollama", "EMPTY", "lm-studio", "planted-key", "sk-proj-abcXYZ"]
    prefixes = ("", "sk-proj-", "sk-ant-api03-", "AIzaSy", "sk-")
    keys = [f"{prefixes[n % 5]}{key}" for n, key in enumerate(made)]
    assert [key for key in [*real, *keys] if is_placeholder(key)] == []


def test_a_line_of_the_dotenv_file_that_cannot_be_read_is_told_once(tmp_path, capfd):
    (tmp_path / ".env").write_text('API_PORT=9000\nthis is no = line "\n')
    assert load_settings().api_port == 9000
    assert setting_warnings() == ["Line 2 of .env is not NAME=value and is ignored; correct it"]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("SQLITE_POOL_SIZE", "5", "set it to 1 or remove it"),
        ("SQLITE_DB_PATH", "", "give a path such as"),
        ("SQLITE_DB_PATH", "  ", "give a path such as"),
        ("SQLITE_DB_PATH", "data/", "give the file in it"),
        ("SQLITE_DB_PATH", "file:data/x.db", "give a plain path"),
        ("SQLITE_DB_PATH", "file:x?mode=memory", "give a plain path"),
        ("SQLITE_DB_PATH", ":memory:", "give a path"),
        ("SQLITE_DB_PATH", "x" * 4097, "give a shorter path"),
        ("SQLITE_DB_PATH", "../x.db", "give an absolute path instead"),
        ("SQLITE_DB_PATH", "data/../../x.db", "give an absolute path instead"),
        ("SQLITE_RETENTION_DAYS", "-1", "greater than or equal to 0"),
        ("SQLITE_RETENTION_DAYS", "36501", "less than or equal to 36500"),
        ("SQLITE_ENABLED", "perhaps", "valid boolean"),
        ("API_PORT", "65536", "less than or equal to 65535"),
        ("API_PORT", "eight", "valid integer"),
        ("BREAKER_COOLDOWN_S", "nan", "86400"),
        ("LLM_PROVIDER", "openia", "'openai'"),
        ("LLM_TIMEOUT_S", "0", "greater than 0"),
        ("LLM_TEMPERATURE", "3", "less than or equal to 2"),
        ("LOG_LEVEL", "loud", "'DEBUG'"),
        ("DSPY_FEWSHOT_K", "0", "greater than or equal to 1"),
    ],
)
def test_a_wrong_value_is_one_line_with_variable_value_and_mend(monkeypatch, name, value, mend):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    line = str(caught.value)
    assert line.startswith(f"{name}='{value[:80]}")
    assert mend in line
    assert "\n" not in line


def test_a_nul_in_the_database_path_is_refused(tmp_path):
    (tmp_path / ".env").write_bytes(b'SQLITE_DB_PATH="a\0b"\n')
    with pytest.raises(SettingsError, match="NUL"):
        load_settings()


@pytest.mark.parametrize("name", ["SQLITE_DB_PATH", "LLM_MODEL", "OPENAI_API_KEY"])
def test_bytes_that_are_no_text_are_refused_by_the_variables_name(monkeypatch, name):
    monkeypatch.setenv(name, "d\udcff")
    with pytest.raises(SettingsError, match=f"{name}.*not UTF-8"):
        load_settings()


def test_two_wrong_values_are_two_lines(monkeypatch):
    monkeypatch.setenv("API_PORT", "x")
    monkeypatch.setenv("SQLITE_POOL_SIZE", "2")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert len(str(caught.value).splitlines()) == 2


def test_keys_appear_in_no_repr(monkeypatch):
    for name, field in Settings.model_fields.items():
        if field.annotation is SecretStr:
            monkeypatch.setenv(name.upper(), "  planted-key \n")
    settings = load_settings()
    assert "planted" not in repr(settings) + str(settings) + str(settings.model_dump())
    assert settings.openai_api_key == SecretStr("planted-key")


def test_a_value_that_may_hold_a_key_is_not_shown_where_it_is_wrong():
    error = {"msg": "Value error, must be a URL", "input": "http://me:planted-key@host"}
    private = tell_wrong_value("llm_base_url", error, "", is_private=True)
    assert private == "LLM_BASE_URL: must be a URL"
    open_to_see = tell_wrong_value("api_port", {"msg": "bad", "input": "x"}, 8000, is_private=False)
    assert open_to_see == "API_PORT='x': bad; the default is '8000'"
