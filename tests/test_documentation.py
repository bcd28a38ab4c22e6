"""What is written about the settings is what they are."""

import re
from pathlib import Path

from pydantic import SecretStr

from prompt_improver.settings import Settings

ROOT = Path(__file__).parent.parent


def default_of(name: str) -> str:
    default = Settings.model_fields[name].default
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        return f"{default:g}"
    if isinstance(default, tuple):
        return ",".join(default)
    return "" if default is None else str(default)


EXPECTED = {
    name.upper(): (default_of(name), field.description)
    for name, field in Settings.model_fields.items()
}


def test_env_example_lists_every_setting_with_its_default_and_one_line():
    text = (ROOT / ".env.example").read_text()
    found = {
        name: (default, line)
        for line, name, default in re.findall(r"^# (.+)\n([A-Z0-9_]+)=(.*)$", text, re.MULTILINE)
    }
    assert found == EXPECTED


def test_readme_lists_every_setting_with_its_default_and_one_line():
    text = (ROOT / "README.md").read_text()
    found = {
        name: (default.strip("`"), line)
        for name, default, line in re.findall(
            r"^\| `([A-Z0-9_]+)` \| (`[^`]*`|) ?\| (.+) \|$", text, re.MULTILINE
        )
    }
    assert found == EXPECTED


def test_every_setting_says_what_it_is_for():
    assert all(line for _, line in EXPECTED.values())


def test_readme_opens_with_a_first_success_within_25_lines():
    opening = (ROOT / "README.md").read_text().splitlines()[:25]
    assert any("pip install" in line and "main.py" in line for line in opening)
    assert any(line.startswith("curl") for line in opening)


def test_every_file_that_readme_names_exists():
    for name in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / name).exists(), name
