"""The import arrows of the design, read from the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OUTSIDE = {
    "anyio",
    "dspy",
    "fastapi",
    "httpx",
    "prometheus_client",
    "pydantic",
    "pydantic_settings",
    "rich",
    "sqlite3",
    "starlette",
    "tenacity",
    "typer",
    "uvicorn",
    "db",
    "prompt_improver",
}
WEB = {"anyio", "fastapi", "starlette", "pydantic", "prometheus_client"}
OWN = "prompt_improver"
IMPROVEMENT = {f"{OWN}.domain", f"{OWN}.improvement"}

# Where a module lies, and what of OUTSIDE it may import; the longest beginning counts.
MAY_IMPORT = {
    "prompt_improver/__init__.py": set(),
    "prompt_improver/domain/": {f"{OWN}.domain"},
    "prompt_improver/container.py": set(),
    "prompt_improver/background_task.py": {f"{OWN}.domain"},
    "prompt_improver/api/circuit_breaker.py": set(),
    "prompt_improver/settings.py": {f"{OWN}.domain", "pydantic", "pydantic_settings"},
    "prompt_improver/improvement/": IMPROVEMENT,
    # DSPy and what it takes to call it; the files that import it do so inside functions.
    "prompt_improver/improvement/model/": {
        *IMPROVEMENT,
        "dspy",
        "pydantic",
        f"{OWN}.background_task",
    },
    "prompt_improver/improvement/model/listing.py": {*IMPROVEMENT, "httpx"},
    "prompt_improver/recording/": {
        f"{OWN}.domain",
        f"{OWN}.recording",
        f"{OWN}.api.circuit_breaker",
        f"{OWN}.background_task",
    },
    "prompt_improver/importing/": {f"{OWN}.domain"},
    "prompt_improver/api/": {
        f"{OWN}.__version__",
        f"{OWN}.api",
        f"{OWN}.background_task",
        f"{OWN}.container",
        f"{OWN}.domain",
        f"{OWN}.improvement",
        f"{OWN}.recording",
        *WEB,
    },
    "db/": {f"{OWN}.domain", "db", "sqlite3", "anyio", "tenacity"},
}


def modules() -> list[str]:
    found = [*ROOT.glob("prompt_improver/**/*.py"), *ROOT.glob("db/**/*.py")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def imported_names(module: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] in OUTSIDE}


@pytest.mark.parametrize("module", modules())
def test_every_import_follows_the_arrows(module):
    rules = [start for start in MAY_IMPORT if module.startswith(start)]
    if not rules:
        return  # app, cli and what they are split into may import all
    allowed = MAY_IMPORT[max(rules, key=len)]
    wrong = {
        name
        for name in imported_names(module)
        if not any(name == may or name.startswith(f"{may}.") for may in allowed)
    }
    assert not wrong, f"{module} must not import {sorted(wrong)}"


@pytest.mark.parametrize("module", modules())
def test_only_settings_reads_the_environment(module):
    source = (ROOT / module).read_text()
    reads = [word for word in ("os.environ", "os.getenv", "getenv(") if word in source]
    assert not reads or module == "prompt_improver/settings.py", f"{module} uses {reads}"


@pytest.mark.parametrize("module", modules())
def test_background_tasks_begin_in_one_way_so_that_none_dies_unheard(module):
    source = (ROOT / module).read_text()
    # What is awaited where it was made cannot die unheard.
    awaited = ("prompt_improver/improvement/cancellation.py", "prompt_improver/recording/writer.py")
    allowed = ("prompt_improver/background_task.py", *awaited)
    assert "create_task(" not in source or module in allowed


@pytest.mark.parametrize("module", modules())
def test_no_module_has_over_300_lines(module):
    assert len((ROOT / module).read_text().splitlines()) <= 300


def test_importing_every_module_has_no_effect(tmp_path):
    """No file appears, DSPy is not imported, the log is not set up."""
    names = [m.removesuffix(".py").replace("/", ".") for m in modules()]
    names = [n.removesuffix(".__init__") for n in names if not n.endswith("__main__")]
    script = f"""
import importlib, logging, sys
for name in {names!r}:
    importlib.import_module(name)
assert "dspy" not in sys.modules, "DSPy was imported"
assert "litellm" not in sys.modules, "LiteLLM was imported"
assert not logging.getLogger().handlers, "the log was set up"
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
