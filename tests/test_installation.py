"""The program outside a checkout: its package, what the package needs, and where it keeps what it
keeps."""

import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from prompt_improver import __version__
from prompt_improver.data_folder import data_folder, is_checkout
from prompt_improver.domain.errors import SettingsError
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.model_wiring import make_backends
from prompt_improver.settings import Settings
from tests.model_server import ModelServer
from tests.server_process import ROOT, clean_environment

LIGHT_BYTES = 50 * 1024 * 1024
Run = Callable[..., subprocess.CompletedProcess[str]]


def requirements(name: str) -> set[str]:
    lines = (ROOT / name).read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The packages as the wheel lays them: ``sql/`` inside ``db/``, and no main.py beside."""
    site = tmp_path_factory.mktemp("site")
    for package in ("prompt_improver", "db"):
        shutil.copytree(
            ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copytree(ROOT / "sql", site / "db" / "sql")
    return site


@pytest.fixture
def run(site, tmp_path) -> Run:
    """Runs the program as it is installed, in an empty folder of an empty home."""
    here = tmp_path / "anywhere"
    here.mkdir()

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        settings = {"HOME": str(tmp_path), "LLM_PROVIDER": "offline", "PYTHONPATH": str(site)}
        return subprocess.run(
            [sys.executable, "-m", "prompt_improver", *arguments],
            cwd=here,
            env=clean_environment(**settings | variables),
            capture_output=True,
            text=True,
            timeout=30,
        )

    return run


def test_installed_the_history_is_one_a_user_and_said_once(run, tmp_path):
    history = tmp_path / ".local" / "share" / "prompt-improver" / "prompt_history.db"
    first = run("improve", "Design a REST API")
    assert first.returncode == 0, first.stderr
    assert f"Your history is kept in {history}" in first.stderr
    assert "history" not in first.stdout
    second = run("improve", "Design another")
    assert second.returncode == 0
    assert "Your history" not in second.stderr
    with sqlite3.connect(history) as connection:
        assert connection.execute("SELECT COUNT(*) FROM prompt_history").fetchone() == (2,)
    assert list((tmp_path / "anywhere").iterdir()) == []
    assert history.parent.stat().st_mode & 0o777 == 0o700


def test_installed_a_path_that_is_set_goes_before_the_data_folder(run, tmp_path):
    done = run("improve", "Design a REST API", SQLITE_DB_PATH="~/mine.db")
    assert done.returncode == 0, done.stderr
    assert "history" not in done.stderr
    assert (tmp_path / "mine.db").exists()
    assert not (tmp_path / ".local").exists()


def test_installed_a_backup_goes_beside_the_history(run, tmp_path):
    folder = tmp_path / "share"
    run("improve", "Design a REST API", XDG_DATA_HOME=str(folder))
    done = run("backup", XDG_DATA_HOME=str(folder))
    assert done.returncode == 0, done.stderr
    assert len(list((folder / "prompt-improver" / "backups").glob("*.db"))) == 1


def test_version_is_the_packages(run):
    assert run("--version").stdout == f"prompt-improver {__version__}\n"


@pytest.mark.parametrize(
    ("xdg", "platform", "expected"),
    [
        ("", "linux", "/home/me/.local/share/prompt-improver"),
        ("/data", "linux", "/data/prompt-improver"),
        ("relative", "linux", "/home/me/.local/share/prompt-improver"),
        ("/data", "darwin", "/home/me/Library/Application Support/prompt-improver"),
    ],
)
def test_the_data_folder_is_the_platforms(xdg, platform, expected):
    assert data_folder(xdg, home=Path("/home/me"), platform=platform) == Path(expected)


def test_a_checkout_is_told_by_what_stands_beside_the_package(site):
    assert is_checkout(ROOT / "prompt_improver")
    assert not is_checkout(site / "prompt_improver")


def light_settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)


@pytest.mark.anyio
async def test_a_model_that_is_named_needs_dspy_and_the_start_says_so_in_one_line():
    with pytest.raises(SettingsError) as caught:
        await make_backends(
            light_settings(llm_provider="openai", openai_api_key="planted"), has_dspy=lambda: False
        )
    line = str(caught.value)
    assert line.startswith("LLM_PROVIDER=openai, but dspy-ai")
    assert "'.[models]'" in line
    assert "\n" not in line
    assert "planted" not in line


@pytest.mark.anyio
async def test_a_server_that_is_named_needs_dspy_too():
    with ModelServer(models=["tiny"]) as model, pytest.raises(SettingsError, match="LLM_BASE_URL"):
        await make_backends(light_settings(llm_base_url=model.base_url), has_dspy=lambda: False)


@pytest.mark.anyio
async def test_a_key_that_happens_to_be_set_does_not_stop_a_light_installation():
    backends = await make_backends(light_settings(openai_api_key="planted"), has_dspy=lambda: False)
    assert backends.default is BackendType.OFFLINE
    assert (backends.provider, backends.model) == ("offline", None)
    assert backends.notice is not None
    assert "OPENAI_API_KEY is set, but dspy-ai" in backends.notice
    assert "'.[models]'" in backends.notice
    assert "planted" not in backends.notice


def test_the_requirements_are_what_the_package_needs_and_the_users_pytest():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {*project["dependencies"], *project["optional-dependencies"]["models"]}
    assert requirements("requirements.txt") == {*needed, "pytest>=9,<10"}


def test_the_locked_versions_cover_the_package_with_a_model():
    text = (ROOT / "requirements-lock.txt").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["models"]]
    assert {re.split("[<>=]", line)[0] for line in needed} - locked == set()
    for block in re.split(r"(?m)^(?=[a-z0-9-]+==)", text)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_program_is_for_linux_and_macos(tmp_path):
    """Windows is refused in a line before anything that it lacks is imported."""
    script = (
        "import sys; sys.modules['fcntl'] = None\n"
        "from prompt_improver.cli.commands import main\n"
        "sys.platform = 'win32'; main(['improve', 'x'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=clean_environment(HOME=str(tmp_path)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == ("Prompt Improver runs on Linux and macOS. On Windows, run it in WSL.\n")


@pytest.mark.slow
def test_pip_installs_a_light_program_that_works(tmp_path):
    """A real installation in a fresh environment; needs a package index."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    environment = clean_environment(HOME=str(tmp_path))
    del environment["PYTHONPATH"]

    def run(*command: str | Path) -> str:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(python, "-m", "pip", "install", "-q", "--no-compile", str(ROOT))
    run(python, "-m", "pip", "uninstall", "-q", "-y", "setuptools", "pip")
    packages = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    size = sum(file.stat().st_size for file in packages.rglob("*") if file.is_file())
    assert size < LIGHT_BYTES, f"{size / 1024 / 1024:.1f} MB in site-packages"
    program = tmp_path / "venv" / "bin" / "prompt-improver"
    assert run(program, "--version") == f"prompt-improver {__version__}\n"
    assert "Design a REST API" in run(program, "improve", "Design a REST API")
    assert "all is well" in run(program, "check")
