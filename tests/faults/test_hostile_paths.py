"""SQLITE_DB_PATH as nobody should set it, with the real server: a value that cannot be meant
stops the start, and a place that is no database's turns the history off, untouched."""

import os
import stat
import statistics
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.forked_program import run_program
from tests.server_process import ServerProcess
from tests.sqlite_files import raw

WRONG = {
    "a way out": "../x.db",
    "a way in and out": "data/../../x.db",
    "a URI": "file:x.db",
    "a URI in memory": "file:x.db?mode=memory",
    "empty": "",
    "blank": " ",
    "5,000 characters": "x" * 5_000,
    "no file": ":memory:",
}
WRONG_LINES = {
    "NUL": (b'SQLITE_DB_PATH="a\0b.db"\n', "SQLITE_DB_PATH"),
    "no UTF-8": (b'SQLITE_DB_PATH="a\xff.db"\n', ".env"),
    "NUL in BACKUP_DIR": (b'BACKUP_DIR="a\0b"\n', "BACKUP_DIR"),
}
LONGEST_ANSWER_S = 0.25
LONGEST_STOP_S = 15


def quick_and_slow(names: Iterable[str], *slow: str) -> list[Any]:
    """All of them as parameters; those whose name ends in one of ``slow`` are left to
    ``pytest -m slow``."""
    marks = {name: [pytest.mark.slow] if name.endswith(slow) else [] for name in names}
    return [pytest.param(name, marks=marks[name]) for name in names]


Snapshot = dict[str, tuple[object, ...]]


def snapshot(folder: Path) -> Snapshot:
    """All that is below a folder, without following links."""
    return {str(path.relative_to(folder)): state(path) for path in folder.rglob("*")}


def state(path: Path) -> tuple[object, ...]:
    """What stands at a path; of a folder not when it was changed, as new files change it."""
    found = path.lstat()
    same = (found.st_ino, found.st_mode, found.st_uid, found.st_rdev)
    if stat.S_ISDIR(found.st_mode):
        return same
    content: object = None
    if stat.S_ISLNK(found.st_mode):
        content = path.readlink()
    elif stat.S_ISREG(found.st_mode):
        content = path.read_bytes()
    return (*same, found.st_mtime_ns, found.st_size, content)


def start_and_fail(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_program(folder, "serve", **{"API_PORT": "0"} | variables)


def assert_stopped_in_one_line(done: subprocess.CompletedProcess[str], name: str) -> None:
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(name)
    # What is wrong, a colon, and what to do.
    assert ": give " in line or "give a" in line or "write it anew" in line or "mend it" in line
    assert len(line) < 400


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The working directory; whatever gets out of it is seen beside it."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    "name", quick_and_slow(WRONG, "way out", "URI", "blank", "empty", "no file", "characters")
)
def test_a_wrong_path_stops_the_start_with_one_line_and_makes_nothing(tmp_path, work, name):
    done = start_and_fail(work, SQLITE_DB_PATH=WRONG[name])
    assert_stopped_in_one_line(done, "SQLITE_DB_PATH")
    assert list(snapshot(tmp_path)) == ["work"]


@pytest.mark.parametrize("name", quick_and_slow(WRONG_LINES, "UTF-8", "BACKUP_DIR"))
def test_bytes_that_no_path_has_stop_the_start_too(tmp_path, work, name):
    line, named = WRONG_LINES[name]
    (work / ".env").write_bytes(line)
    assert_stopped_in_one_line(start_and_fail(work), named)
    assert sorted(snapshot(tmp_path)) == ["work", "work/.env"]


# What stands where the database should be. Each gets the folder that holds the working
# directory, in which data/ is there, and an empty folder outside.


def link_to_a_file(folder: Path) -> None:
    (folder / "outside" / "precious").write_bytes(b"precious" * 1_000)
    (folder / "work/data/prompt_history.db").symlink_to(folder / "outside" / "precious")


def link_to_nothing(folder: Path) -> None:
    (folder / "work/data/prompt_history.db").symlink_to(folder / "outside" / "new.db")


def linked_folder(folder: Path) -> None:
    (folder / "work/data").rmdir()
    (folder / "work/data").symlink_to(folder / "outside")


def linked_folder_above(folder: Path) -> None:
    (folder / "work/linked").symlink_to(folder / "outside")


def link_and_back(folder: Path) -> None:
    (folder / "outside" / "deep").mkdir()
    (folder / "work/linked").symlink_to(folder / "outside" / "deep")


def database_behind_a_link(folder: Path) -> None:
    linked_folder(folder)
    raw(folder / "outside" / "prompt_history.db", "PRAGMA user_version")
    raw(folder / "outside" / "prompt_history.db", "CREATE TABLE theirs (x)")
    (folder / "outside" / "prompt_history.spool.jsonl").write_text("{}\n")


def a_folder(folder: Path) -> None:
    (folder / "work/data/prompt_history.db").mkdir()
    (folder / "work/data/prompt_history.db/theirs").write_text("theirs")


def a_fifo(folder: Path) -> None:
    os.mkfifo(folder / "work/data/prompt_history.db")


def a_fifo_as_its_journal(folder: Path) -> None:
    raw(folder / "work/data/prompt_history.db", "PRAGMA user_version")
    os.mkfifo(folder / "work/data/prompt_history.db-journal")


def a_device(folder: Path) -> None:
    path = folder / "work/data/prompt_history.db"
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero: it reads without end
    except PermissionError:
        pytest.skip("this user may make no device")


def nothing(folder: Path) -> None:
    pass


@dataclass(frozen=True)
class Place:
    put: Callable[[Path], None]
    path: str | None = None
    """SQLITE_DB_PATH, where it is not the default."""


PLACES = {
    "a link to a file": Place(link_to_a_file),
    "a link to nothing": Place(link_to_nothing),
    "a linked folder that leads out": Place(linked_folder),
    "a linked folder above that leads out": Place(linked_folder_above, "linked/a/b/x.db"),
    "a link and back": Place(link_and_back, "linked/../x.db"),
    "a database and a spool behind a link": Place(database_behind_a_link),
    "a folder": Place(a_folder),
    "a FIFO": Place(a_fifo),
    "a FIFO as its journal": Place(a_fifo_as_its_journal),
    "a device": Place(a_device),
    "the null device": Place(nothing, os.devnull),
}


@dataclass(frozen=True)
class Visit:
    """What a server said whose database was to be in such a place, and what it left."""

    health: tuple[int, ...]
    health_s: float
    answer: int
    answer_s: float
    before: Snapshot
    after: Snapshot
    log: str
    traces: set[Path]
    """New files beside the null device."""


def names_beside(place: Place) -> set[Path]:
    return set(Path("/dev").glob("null*")) if place.path == os.devnull else set()


def visit(folder: Path, place: Place) -> Visit:
    (folder / "work").mkdir()
    (folder / "work/data").mkdir(mode=0o700)  # the program would see to that
    (folder / "outside").mkdir()
    place.put(folder)
    before, beside = snapshot(folder), names_beside(place)
    variables = {} if place.path is None else {"SQLITE_DB_PATH": place.path}
    with ServerProcess(folder / "work", **variables) as server:
        first = server.client.get("/health/repository")
        answer = server.improve("Fix this bug")
        asked = [first, *(server.client.get("/health/repository") for _ in range(4))]
        server.stop(wait_s=LONGEST_STOP_S)
        traces = names_beside(place) - beside
        for trace in traces:
            trace.unlink()
        return Visit(
            health=tuple(each.status_code for each in asked),
            health_s=statistics.median(each.elapsed.total_seconds() for each in asked),
            answer=answer.status_code,
            answer_s=answer.elapsed.total_seconds(),
            before=before,
            after=snapshot(folder),
            log=server.log,
            traces=traces,
        )


@pytest.fixture(scope="module")
def visits(request, tmp_path_factory) -> Iterator[dict[str, Future[Visit]]]:
    """To the places that this run asks for; three at a time, because most of it is waiting."""
    tests = (item for item in request.session.items if item.module is request.module)
    names = [item.callspec.params["name"] for item in tests if "visits" in item.fixturenames]
    with ThreadPoolExecutor(3) as pool:
        yield {
            name: pool.submit(visit, tmp_path_factory.mktemp("place"), PLACES[name])
            for name in names
        }


@pytest.mark.parametrize(
    "name",
    quick_and_slow(PLACES, "to nothing", "that leads out", "a device", "a folder", "FIFO", "back"),
)
def test_a_place_that_is_no_databases_turns_the_history_off_untouched(visits, name):
    found = visits[name].result(60)
    assert set(found.health) == {503}
    assert found.health_s < LONGEST_ANSWER_S
    assert (found.answer, found.answer_s < 1) == (200, True)
    assert {path: found.after.get(path) for path in found.before} == found.before
    # The spool may stand in the program's own folder, and nowhere else.
    new = {path for path in found.after if path not in found.before}
    assert new <= {"work/data/prompt_history.spool.jsonl"}
    assert found.traces == set()
    assert "Traceback" not in found.log
    errors = [line for line in found.log.splitlines() if " ERROR " in line]
    assert "move that away" in errors[0] or "set SQLITE_DB_PATH=" in errors[0]


def test_an_absolute_path_may_lead_through_a_link(tmp_path, work):
    """Somebody's own larger disk, or /var of macOS."""
    (tmp_path / "disk").mkdir()
    (work / "data").symlink_to(tmp_path / "disk")
    with ServerProcess(work, SQLITE_DB_PATH=str(work / "data/history.db")) as server:
        assert server.client.get("/health/repository").status_code == 200
    assert (tmp_path / "disk/history.db").stat().st_size > 0


@pytest.mark.slow
def test_a_link_that_stays_within_the_working_directory_is_followed(work):
    (work / "kept").mkdir()
    (work / "data").symlink_to("kept")
    with ServerProcess(work) as server:
        assert server.client.get("/health/repository").status_code == 200
    assert (work / "kept/prompt_history.db").stat().st_size > 0


@pytest.mark.parametrize(
    "command",
    [
        ["restore", "copy.db"],
        pytest.param(["migrate"], marks=pytest.mark.slow),
        pytest.param(["stats"], marks=pytest.mark.slow),
    ],
)
def test_the_command_line_makes_nothing_behind_a_link_that_leads_out(tmp_path, work, command):
    (tmp_path / "outside").mkdir()
    (work / "data").symlink_to(tmp_path / "outside")
    raw(work / "copy.db", "PRAGMA user_version")
    done = run_program(work, *command)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert f"SQLITE_DB_PATH={tmp_path / 'outside/prompt_history.db'}" in line
    assert list((tmp_path / "outside").iterdir()) == []
