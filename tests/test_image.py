"""What Docker and launchd read: the parts that hold without their engines, and the image's commands
in a root of their own."""

import json
import os
import plistlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from prompt_improver import __version__
from prompt_improver.server import LONGEST_STOP_S
from tests.model_server import ModelServer
from tests.server_process import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()


def test_the_image_runs_without_rights_and_keeps_its_history_in_a_volume():
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER prompt-improver$", final, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", final, re.MULTILINE)
    assert "SQLITE_DB_PATH=/data/prompt_history.db" in final
    assert "HEALTHCHECK" in final


def test_every_file_that_the_image_copies_is_there_and_not_ignored():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    copied = set()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        copied |= set(line.split())
    assert copied == kept
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_every_setting_of_image_and_compose_is_one():
    from prompt_improver.settings import Settings

    known = {name.upper() for name in Settings.model_fields}
    set_there = set(re.findall(r"\b([A-Z]+_[A-Z_]+)=/?\w", DOCKERFILE))
    set_there |= set(re.findall(r"^      ([A-Z_]+): ", COMPOSE, re.MULTILINE))
    assert set_there - known == set()
    assert len(set_there) >= 8


def test_docker_and_launchd_wait_as_long_as_a_stop_takes():
    assert f"stop_grace_period: {LONGEST_STOP_S}s" in COMPOSE
    plist = plistlib.loads((ROOT / "ops" / "launchd" / "prompt-improver.plist").read_bytes())
    assert plist["ExitTimeOut"] == LONGEST_STOP_S
    assert plist["ProgramArguments"][-1] == "serve"


IMAGE_BYTES = 450 * 1024 * 1024
_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Image:
    """A Debian root in which the instructions of the Dockerfile are carried out. Both stages are
    one root, so that what the first leaves behind counts too."""

    root: Path
    cwd: str = "/"
    user: str = "0:0"
    variables: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    health: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def build(self, dockerfile: str) -> None:
        joined = re.sub(r"\\\n", "", re.sub(r"(?m)^#.*\n", "", dockerfile))
        for line in filter(None, joined.splitlines()):
            word, rest = line.split(maxsplit=1)
            getattr(self, f"_{word.lower()}")(rest.strip())

    def start(self, *command: str, user: str = "", **variables: str) -> "subprocess.Popen[str]":
        within = ["sh", "-c", f'cd {self.cwd} && exec "$@"', "-"]
        user = f"--userspec={user or self.user}"
        return subprocess.Popen(
            [str(shutil.which("chroot")), user, self.root, *within, *command],
            env=self.variables | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str, user: str = "", **variables: str) -> str:
        process = self.start(*command, user=user, **variables)
        told, _ = process.communicate(timeout=900)
        assert process.returncode == 0, told[-3000:]
        return told

    def _from(self, base: str) -> None:
        version = re.match(r"python:(3\.\d+)-slim", base)[1]
        assert f"Python {version}." in self.run("python", "--version")
        self.cwd, self.variables = "/", {"PATH": _PATH}

    def _workdir(self, path: str) -> None:
        self.cwd = path
        (self.root / path[1:]).mkdir(exist_ok=True)

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        if sources[0].startswith("--from"):
            return
        for source in sources:
            to = self.root / self.cwd[1:] / target
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, to)

    def _run(self, script: str) -> None:
        self.run("sh", "-ec", script, user="0:0", **_package_index(self.root))

    def _env(self, rest: str) -> None:
        for name, value in re.findall(r"(\w+)=(\S+)", rest):
            self.variables[name] = value.replace("$PATH", self.variables["PATH"])

    def _user(self, name: str) -> None:
        self.user = f"{name}:{name}"

    def _healthcheck(self, rest: str) -> None:
        self.health = json.loads(rest.partition("CMD ")[2])

    def _cmd(self, rest: str) -> None:
        self.command = json.loads(rest)

    def _volume(self, _: str) -> None:
        """Mounted by an engine."""

    _expose = _volume


def _package_index(root: Path) -> dict[str, str]:
    """How this machine reaches the index of packages, for pip in ``root``."""
    kept = ("PIP_", "SSL_", "HTTP_", "HTTPS_", "NO_PROXY", "http_", "https_", "no_proxy")
    variables = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    for file in {"/etc/resolv.conf", variables.get("PIP_CERT"), variables.get("SSL_CERT_FILE")}:
        if file and Path(file).is_file():
            (root / file[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, root / file[1:])
    return variables


def _canonical(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Iterator[Image]:
    if os.getuid() != 0 or not (shutil.which("debootstrap") and shutil.which("chroot")):
        pytest.skip("needs root, chroot and debootstrap")
    root = tmp_path_factory.mktemp("image") / "root"
    packages = "--include=python3,python3-venv,ca-certificates"
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", packages, "trixie", root],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"debootstrap: {made.stdout.splitlines()[-1:]} {made.stderr[-300:]}")
    for folder in ("var/cache/apt/archives", "usr/share/doc", "usr/share/locale"):
        shutil.rmtree(root / folder)  # which the slim image does not have either
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    root.parent.chmod(0o711)  # or the user of the image could not enter it
    for folder in (root.parent.parent, root.parent.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o011)
    built = Image(root)
    built.build(DOCKERFILE)
    yield built
    shutil.rmtree(root)


@pytest.mark.slow
def test_the_image_is_small_and_its_packages_are_those_that_the_program_needs(image, capsys):
    def size(folder: Path) -> int:
        files = (file.lstat() for file in folder.rglob("*"))
        return sum(each.st_blocks * 512 for each in files if stat.S_ISREG(each.st_mode))

    whole, packages = size(image.root), size(image.root / "opt")
    with capsys.disabled():
        sys.stdout.write(f"\nimage {whole / 1e6:.0f} MB, packages {packages / 1e6:.0f} MB of it\n")
    assert whole < IMAGE_BYTES
    script = (
        "import importlib.metadata as installed, json\n"
        "for each in installed.distributions():\n"
        "  needs = [line for line in each.requires or () if 'extra ==' not in line]\n"
        "  print(json.dumps([each.metadata['Name'], needs]))"
    )
    lines = map(json.loads, image.run("python", "-c", script).splitlines())
    requires = {_canonical(name): {*map(_canonical, required)} for name, required in lines}
    needed: set[str] = set()
    wanted = {"prompt-improver", "dspy-ai", "jiter"}
    while wanted:
        needed |= wanted
        wanted = {each for name in wanted for each in requires[name]} & requires.keys() - needed
    assert requires.keys() - needed == set()


@pytest.mark.slow
def test_the_image_answers_with_a_model_is_healthy_and_keeps_its_history_private(image):
    assert image.run("prompt-improver", "--version") == f"prompt-improver {__version__}\n"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with ModelServer(models=["tiny"]) as model:
        settings = {
            "API_PORT": port,
            "API_KEY": "planted-key-of-16-and-more",
            "LLM_BASE_URL": model.base_url,
        }
        server = image.start(*image.command, **settings)
        deadline = time.monotonic() + 60
        while image.start(*image.health, **settings).wait(30):
            assert time.monotonic() < deadline, "never healthy"
        answer = httpx.post(
            f"http://127.0.0.1:{port}/api/v1/improve-prompt",
            json={"idea": "Design a REST API"},
            headers={"Authorization": f"Bearer {settings['API_KEY']}"},
            timeout=60,
        ).json()
        server.terminate()
        told, _ = server.communicate(timeout=60)
    assert (answer["backend"], answer["model_version"]) == ("few-shot", "openai-compatible/tiny")
    # uvicorn ends by the signal that it was told to end by.
    assert (server.returncode, len(model.requests)) == (-signal.SIGTERM, 1)
    assert [line for line in told.splitlines() if not json.loads(line)] == []
    history = (image.root / "data" / "prompt_history.db").stat()
    assert (history.st_uid, stat.S_IMODE(history.st_mode)) == (10001, 0o600)
    assert "1 improvements" in image.run("prompt-improver", "backup")
