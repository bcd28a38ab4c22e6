"""Which names are told at the start as misspelt, and which are left alone."""

import json

import pytest

from prompt_improver.misspelt_settings import find_misspelt
from prompt_improver.setting_warnings import setting_warnings
from prompt_improver.settings import Settings
from tests.forked_program import run_program
from tests.server_process import ServerProcess

VALUE = "planted-value"


@pytest.mark.parametrize(
    ("name", "right"),
    [
        # letters in one word
        ("SQLITE_RETENTION_DAY", "SQLITE_RETENTION_DAYS"),
        ("OPENIA_API_KEY", "OPENAI_API_KEY"),
        ("ANTROPIC_API_KEY", "ANTHROPIC_API_KEY"),
        ("LLM_PROVDER", "LLM_PROVIDER"),
        ("LLM_MODELS", "LLM_MODEL"),
        ("ALLOW_HOSTS", "ALLOWED_HOSTS"),
        ("CORS_ORIGIN", "CORS_ORIGINS"),
        ("API_KYE", "API_KEY"),
        ("API_PROT", "API_PORT"),
        # a word left out
        ("OPENAI_KEY", "OPENAI_API_KEY"),
        ("LLM_TIMEOUT", "LLM_TIMEOUT_S"),
        ("SQLITE_PATH", "SQLITE_DB_PATH"),
        ("SQLITE_RETENTION", "SQLITE_RETENTION_DAYS"),
        # an underscore left out, or one too many
        ("OPENAI_APIKEY", "OPENAI_API_KEY"),
        ("LLM_BASEURL", "LLM_BASE_URL"),
        ("BACK_UP_DIR", "BACKUP_DIR"),
    ],
)
def test_a_slip_is_told_with_the_right_name(name, right):
    assert find_misspelt([name]) == {name: right}


@pytest.mark.parametrize("right", [name.upper() for name in Settings.model_fields])
def test_a_setting_itself_is_never_told_and_its_last_letter_missed_is(right):
    assert find_misspelt([right]) == {}
    if len(right.split("_")[-1]) >= 4:
        assert find_misspelt([right[:-1]]) == {right[:-1]: right}


@pytest.mark.parametrize(
    "names",
    [
        "PATH HOME LANG PWD PORT HOST DEBUG MODEL PYTHONPATH HTTP_PROXY OLLAMA_HOST WEB_PORT",
        "OPENAI_ORG_ID OPENAI_BASE_URL OPENAI_API_BASE OPENAI_API_TYPE OPENAI_API_VERSION "
        "OPENAI_PROJECT_ID OPENAI_ADMIN_KEY OPENAI_MODEL OPENAI_LOG",
        "ANTHROPIC_MODEL ANTHROPIC_BASE_URL ANTHROPIC_AUTH_TOKEN ANTHROPIC_SMALL_FAST_MODEL",
        "GEMINI_MODEL GOOGLE_API_KEY DEEPSEEK_BASE_URL DEEPSEEK_MODEL GROQ_API_KEY XAI_API_KEY "
        "AZURE_API_KEY AZURE_OPENAI_API_KEY MISTRAL_API_KEY COHERE_API_KEY OPENROUTER_API_KEY",
        "SQLITE_TMPDIR SQLITE_HISTORY SQLITE_LOG DB_PATH DB_HOST DB_PORT",
        "API_URL API_TOKEN API_KEYS API_KEY_ID API_BASE API_POST APP_KEY APP_PORT APP_HOST APIKEY",
        "LOG_FILE LOG_DIR LOG_PATH LOGLEVEL LOG_COLOR BACKUP_PATH MAX_WORKERS MAX_CONCURRENT "
        "MAX_CONCURRENT_REQUESTS CORS_ALLOW_ORIGINS CORS_METHODS ALLOWED_IPS ALLOWED_USERS",
        "LLM_USER_PATH LLM_LOAD_PLUGINS LLM_RAISE_ERRORS DSPY_CACHEDIR DSPY_CACHE_LIMIT "
        "DSPY_NUM_THREADS LITELLM_LOCAL_MODEL_COST_MAP",
    ],
    ids=lambda names: names.split()[0],
)
def test_the_variables_of_other_programs_are_left_alone(names):
    assert find_misspelt(names.split()) == {}


def test_a_name_is_left_alone_where_the_right_one_is_set_too():
    assert find_misspelt(["OPENAI_KEY", "OPENAI_API_KEY"]) == {}


def test_what_is_no_plain_name_is_left_alone():
    assert find_misspelt(["SQLITE_RETENTION_DAY\n", "SQLITE_RETENTIÓN_DAYS", "_", ""]) == {}


def test_environment_and_env_file_are_both_looked_at_whatever_their_case(tmp_path, monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SQLITE_RETENTION_DAY", VALUE)
    (tmp_path / ".env").write_text(f"openai_key={VALUE}\nSOMETHING_ELSE=1\n")
    assert setting_warnings() == [
        "OPENAI_KEY is not a setting and is ignored; did you mean OPENAI_API_KEY?",
        "SQLITE_RETENTION_DAY is not a setting and is ignored; did you mean SQLITE_RETENTION_DAYS?",
    ]


def test_the_server_names_them_in_its_log_at_the_start_without_a_value(tmp_path):
    (tmp_path / ".env").write_text(f"OPENAI_KEY={VALUE}\n")
    variables = {"SQLITE_RETENTION_DAY": VALUE, "SQLITE_TMPDIR": VALUE, "LOG_FORMAT": "json"}
    with ServerProcess(tmp_path, **variables) as server:
        lines = [json.loads(line) for line in server.log.splitlines()]
        warnings = [line["message"] for line in lines if line["level"] == "WARNING"]
        assert [each.split()[0] for each in warnings] == ["OPENAI_KEY", "SQLITE_RETENTION_DAY"]
        assert VALUE not in server.log


def test_a_command_names_them_on_standard_error(tmp_path):
    done = run_program(tmp_path, "improve", "Fix this bug", SQLITE_PATH=VALUE)
    assert done.returncode == 0
    warning = "warning: SQLITE_PATH is not a setting and is ignored; did you mean SQLITE_DB_PATH?"
    assert warning in done.stderr.splitlines()
    assert "SQLITE_PATH" not in done.stdout
    assert VALUE not in done.stdout + done.stderr
