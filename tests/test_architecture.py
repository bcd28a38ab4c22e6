"""The import arrows of the design, read from the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from prompt_improver import recording

ROOT = Path(__file__).parent.parent
OUTSIDE = {
    "anyio",
    "dotenv",
    "dspy",
    "fastapi",
    "httpx",
    "mcp",
    "mcp_types",
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
DOMAIN = f"{OWN}.domain"
IMPROVEMENT = {DOMAIN, f"{OWN}.improvement"}
USE_CASE = {
    f"{OWN}.improvement.{name}"
    for name in (
        "backends",
        "cancellation",
        "client_prompt",
        "improve_idea",
        "improved",
        "progress",
        "text_bounds",
    )
}
"""What a door may know of the improvement."""
SETTINGS = {f"{OWN}.settings", f"{OWN}.setting_values"}
ALL = OUTSIDE - {"dspy", "mcp", "mcp_types"}

# Where a module lies, and what of OUTSIDE it may import; the longest beginning counts. Every
# module has a rule.
MAY_IMPORT = {
    "prompt_improver/__init__.py": set(),
    "prompt_improver/__main__.py": {f"{OWN}.cli"},
    "prompt_improver/domain/": {DOMAIN},
    "prompt_improver/container.py": set(),
    "prompt_improver/background_task.py": {DOMAIN},
    "prompt_improver/setting_values.py": {"pydantic", "pydantic_settings"},
    "prompt_improver/data_folder.py": set(),
    "prompt_improver/prompt_raycast_settings.py": {f"{OWN}.setting_values"},
    "prompt_improver/settings.py": {
        DOMAIN,
        f"{OWN}.data_folder",
        f"{OWN}.prompt_raycast_settings",
        f"{OWN}.server_settings",
        f"{OWN}.improvement.model.providers",
        f"{OWN}.setting_values",
        "pydantic",
        "pydantic_settings",
    },
    "prompt_improver/server_settings.py": {
        f"{OWN}.setting_values",
        "pydantic",
        "pydantic_settings",
    },
    "prompt_improver/misspelt_settings.py": SETTINGS,
    "prompt_improver/setting_warnings.py": {
        *SETTINGS,
        f"{OWN}.misspelt_settings",
        f"{OWN}.prompt_raycast_settings",
        "dotenv",
    },
    "prompt_improver/exposure.py": {DOMAIN, *SETTINGS},
    "prompt_improver/improvement/": IMPROVEMENT,
    "prompt_improver/improvement/model_slots.py": {*IMPROVEMENT, "anyio"},
    # DSPy and what it takes to call it; the files that import it do so inside functions.
    "prompt_improver/improvement/model/": {
        *IMPROVEMENT,
        "dspy",
        "pydantic",
        f"{OWN}.background_task",
    },
    "prompt_improver/improvement/model/providers.py": set(),
    "prompt_improver/improvement/model/listing.py": {"httpx"},
    "prompt_improver/recording/": {DOMAIN, f"{OWN}.recording", f"{OWN}.background_task"},
    "prompt_improver/importing/": {DOMAIN, f"{OWN}.importing", "sqlite3"},
    "prompt_improver/api/": {
        f"{OWN}.__version__",
        f"{OWN}.api",
        f"{OWN}.background_task",
        f"{OWN}.container",
        DOMAIN,
        *USE_CASE,
        *(f"{OWN}.recording.{name}" for name in recording.__all__),
        *WEB,
    },
    "prompt_improver/api/page.py": {
        f"{OWN}.__version__",
        f"{OWN}.api",
        f"{OWN}.page",
        f"{OWN}.improvement.progress",
        DOMAIN,
        "fastapi",
    },
    # Files, and their names.
    "prompt_improver/page/": set(),
    # The package mcp is imported inside functions.
    "prompt_improver/mcp/": {
        f"{OWN}.__version__",
        f"{OWN}.background_task",
        f"{OWN}.mcp",
        DOMAIN,
        *USE_CASE,
        "mcp",
        "mcp_types",
        "pydantic",
    },
    "prompt_improver/mcp/http.py": {f"{OWN}.api.errors", f"{OWN}.api.shutdown", "mcp", *WEB},
    "prompt_improver/mcp_wiring.py": {*ALL, "mcp"},
    "prompt_improver/http_protocol.py": {f"{OWN}.api.errors", f"{OWN}.api.middleware", "uvicorn"},
    "prompt_improver/logs.py": {f"{OWN}.api.current_request"},
    "prompt_improver/cli/": {
        f"{OWN}.__version__",
        DOMAIN,
        *SETTINGS,
        f"{OWN}.cli",
        f"{OWN}.importing",
        f"{OWN}.logs",
        f"{OWN}.mcp_wiring",
        f"{OWN}.model_wiring",
        f"{OWN}.server",
        f"{OWN}.setting_warnings",
        f"{OWN}.wiring",
        "typer",
    },
    "prompt_improver/cli/preview.py": {
        f"{OWN}.cli.output",
        f"{OWN}.improvement.progress",
        "rich",
    },
    "prompt_improver/cli/output.py": {DOMAIN, "rich", "typer"},
    # An export is made beside its place, and synced as every file of ours.
    "prompt_improver/cli/history.py": {
        DOMAIN,
        f"{OWN}.cli",
        f"{OWN}.importing",
        "db.files",
        "typer",
    },
    # Upkeep of the file itself is asked for here alone, inside functions.
    "prompt_improver/cli/database.py": {DOMAIN, f"{OWN}.cli", "db", "typer"},
    # They wire.
    "prompt_improver/app.py": ALL,
    "prompt_improver/lifespan.py": ALL,
    "prompt_improver/server.py": ALL,
    "prompt_improver/model_wiring.py": ALL,
    "prompt_improver/wiring.py": {DOMAIN, f"{OWN}.recording", *SETTINGS, "db"},
    "db/": {DOMAIN, "db", "sqlite3", "anyio", "tenacity"},
    "db/spool/": {DOMAIN, "db.files", "db.spool", "anyio"},
    "db/files/": {DOMAIN, "db.files"},
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
    assert rules, f"{module} has no rule: say in MAY_IMPORT what it may import"
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
    # The process of a command tells a library something by it.
    allowed = ("prompt_improver/settings.py", "prompt_improver/__main__.py")
    assert not reads or module in allowed, f"{module} uses {reads}"


@pytest.mark.parametrize("module", [m for m in modules() if "/improvement/" in m])
def test_the_patterns_of_improvement_are_compiled_at_their_first_use(module):
    allowed = "prompt_improver/improvement/lazy_pattern.py"
    assert "re.compile(" not in (ROOT / module).read_text() or module == allowed


@pytest.mark.parametrize("module", modules())
def test_background_tasks_begin_in_one_way_so_that_none_dies_unheard(module):
    source = (ROOT / module).read_text()
    # What is awaited where it was made cannot die unheard.
    awaited = (
        "prompt_improver/improvement/cancellation.py",
        "prompt_improver/improvement/event_stream.py",
        "prompt_improver/recording/writer.py",
    )
    allowed = ("prompt_improver/background_task.py", *awaited)
    assert "create_task(" not in source or module in allowed


@pytest.mark.parametrize("folder", sorted({Path(module).parent.as_posix() for module in modules()}))
def test_every_room_says_what_belongs_in_it(folder):
    source = (ROOT / folder / "__init__.py").read_text()
    assert ast.get_docstring(ast.parse(source)), f"{folder}/__init__.py has no sentence"


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
assert "mcp" not in sys.modules, "mcp was imported"
assert not logging.getLogger().handlers, "the log was set up"
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "module", ["app", "lifespan", "wiring", "mcp_wiring", "model_wiring", "server"]
)
def test_no_function_that_wires_has_over_40_lines(module):
    tree = ast.parse((ROOT / "prompt_improver" / f"{module}.py").read_text())
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert functions
    for node in functions:
        assert (node.end_lineno or 0) - node.lineno < 40, node.name
