"""Power loss, simulated: which files a disk may hold after it, going by what was synced.

    recorder = Recorder(tmp_path)            # compiles power_loss.c
    ... run a program with recorder.variables(folder, journal) in its environment ...
    disk = Disk(folder_before)               # what was there when the program started
    disk.apply(read_journal(journal))
    disk.lose_power(new_folder, random.Random(7), Survival.PART)

The disk is the worst that POSIX allows and hardware does: a file's bytes are there for certain
only after a sync of the file, a name only after a sync of its folder (fsync of a file does
nothing for its name). What was not synced survives by chance: block by block, each as it was
after any of the writes since the sync; the length of the file likewise, so that there are
holes of zeros; names likewise, in any order among different names, but a rename is whole or
not at all, and of two changes to one name the later does not survive the earlier. Blocks are
written whole (SQLite calls that powersafe overwrite), and what was synced stays.
"""

import os
import random
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

COMPILER = shutil.which("cc")
SOURCE = Path(__file__).with_name("power_loss.c")
# Lives in memory that the processes share, not in writes; SQLite makes it anew.
NOT_SIMULATED = ("-shm",)


class Survival(Enum):
    """What becomes of that which was not synced."""

    NOTHING = "nothing unsynced survives"
    PART = "a random part survives"
    ALL = "everything survives"


class Recorder:
    """The library that records what a process does to its files, compiled into ``folder``."""

    def __init__(self, folder: Path) -> None:
        assert COMPILER is not None
        self._library = folder / "power_loss.so"
        flags = ("-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror")
        command = [COMPILER, *flags, "-o", self._library, SOURCE, "-lpthread"]
        subprocess.run(command, check=True, timeout=60)

    def variables(self, folder: Path, journal: Path) -> dict[str, str]:
        """The environment of a process that is to be recorded. ``journal`` is outside of
        ``folder`` and must not be there yet."""
        return {
            "LD_PRELOAD": str(self._library),
            "POWER_LOSS_FOLDER": str(folder.resolve()),
            "POWER_LOSS_JOURNAL": str(journal.resolve()),
        }


@dataclass(frozen=True, slots=True)
class Event:
    """One record of the journal; see power_loss.c for the kinds."""

    at_s: float
    """On the clock of ``time.monotonic``."""
    kind: str
    descriptor: int
    offset: int
    data: bytes

    @property
    def paths(self) -> list[str]:
        return os.fsdecode(self.data).split("\0")


_HEAD = struct.Struct("<qqqicxxx")


def read_journal(journal: Path) -> Iterator[Event]:
    """What was recorded, in order; a last record that a kill has torn is left out."""
    if not journal.exists():  # the process changed nothing
        return
    with journal.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            at, offset, size, descriptor, kind = _HEAD.unpack(head)
            data = file.read(size)
            if len(data) < size:
                return
            yield Event(at / 1e9, kind.decode(), descriptor, offset, data)


@dataclass(frozen=True, slots=True)
class _Write:
    offset: int
    data: bytes


_Change = _Write | int
"""An int is the length that a file is cut or stretched to."""
Keep = Callable[[int], int]
"""How many of so many changes to one thing survive."""


@dataclass(eq=False)
class _File:
    """``durable`` and the changes since, in order."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[_Change] = field(default_factory=list)
    settled: int = 0
    """How many changes have become durable, ever."""

    def settle(self, upto: int) -> None:
        count = max(0, upto - self.settled)
        for change in self.pending[:count]:
            length = _length(len(self.durable), change)
            self.durable.extend(bytes(max(0, length - len(self.durable))))
            _make(self.durable, change)
            del self.durable[length:]
        del self.pending[:count]
        self.settled += count

    def survivor(self, keep: Keep, block: int) -> bytes:
        lengths = [len(self.durable)]
        of_block: dict[int, list[_Change]] = {}
        for change in self.pending:
            before, after = lengths[-1], _length(lengths[-1], change)
            if isinstance(change, _Write):
                touched = change.offset, change.offset + len(change.data)
            else:
                touched = after, before  # what is cut off; nothing, where it grows
            for number in range(touched[0] // block, -(-touched[1] // block)):
                of_block.setdefault(number, []).append(change)
            if after != before:
                lengths.append(after)
        kept = bytearray(self.durable.ljust(max(lengths) + block, b"\0"))
        for number, changes in of_block.items():
            start = number * block
            content = kept[start : start + block]
            for change in changes[: keep(len(changes))]:
                _make(content, change, start)
            kept[start : start + block] = content
        return bytes(kept[: lengths[keep(len(lengths) - 1)]])


def _length(before: int, change: _Change) -> int:
    if isinstance(change, _Write):
        return max(before, change.offset + len(change.data))
    return change


def _make(content: bytearray, change: _Change, start: int = 0) -> None:
    """Make ``change`` in that part of a file which is ``content``, from ``start``. Its length
    stays: what is cut off becomes zeros."""
    if isinstance(change, _Write):
        first = max(change.offset, start)
        last = min(change.offset + len(change.data), start + len(content))
        if first < last:
            data = change.data[first - change.offset : last - change.offset]
            content[first - start : last - start] = data
    else:
        first = max(change - start, 0)
        content[first:] = bytes(max(0, len(content) - first))


_Names = dict[str, "_File | _Folder | None"]


@dataclass(eq=False)
class _Folder:
    """Names that are durable, and the changes since: each sets or clears one name or two."""

    durable: _Names
    live: _Names
    pending: list[_Names] = field(default_factory=list)
    settled: int = 0

    def change(self, names: _Names) -> None:
        self.pending.append(names)
        self.live.update(names)

    def settle(self, upto: int) -> None:
        count = max(0, upto - self.settled)
        for names in self.pending[:count]:
            self.durable.update(names)
        del self.pending[:count]
        self.settled += count

    def survivor(self, keep: Keep) -> _Names:
        # Changes with names in common survive in the order in which they were made.
        groups: list[list[int]] = []
        for number, names in enumerate(self.pending):
            joined = [g for g in groups if any(names.keys() & self.pending[n].keys() for n in g)]
            groups = [group for group in groups if group not in joined]
            groups.append([*sorted(n for group in joined for n in group), number])
        found = dict(self.durable)
        for group in groups:
            for number in group[: keep(len(group))]:
                found.update(self.pending[number])
        return found


class Disk:
    """What is durable and what is not, beneath a folder whose present content is durable."""

    def __init__(self, folder: Path) -> None:
        self._path = folder.resolve()
        self._root = _load(self._path)
        self._open: dict[int, _File | _Folder] = {}
        self._syncs: dict[int, tuple[_File | _Folder, int]] = {}

    def apply(self, events: Iterable[Event]) -> None:
        """Do what the process did. Events come in the order of their journal."""
        for event in events:
            match event.kind:
                case "O":
                    self._open[event.descriptor] = self._opened(event)
                case "C":
                    del self._open[event.descriptor]
                case "W":
                    self._file(event).pending.append(_Write(event.offset, event.data))
                case "T":
                    self._file(event).pending.append(event.offset)
                case "S":
                    node = self._open[event.descriptor]
                    self._syncs[event.offset] = node, node.settled + len(node.pending)
                case "E":
                    node, upto = self._syncs.pop(event.offset)
                    node.settle(upto)
                case _:
                    self._rename(event.kind, *event.paths)

    def lose_power(self, into: Path, chance: random.Random, survival: Survival) -> None:
        """Write what the disk may hold at this moment into ``into``, a folder that is made.
        The same ``chance`` gives the same disk."""
        block = chance.choice((512, 4096, 65536))
        whole = chance.choice((0.1, 0.5, 0.9))

        def keep(count: int) -> int:
            if survival is not Survival.PART:
                return count if survival is Survival.ALL else 0
            return count if chance.random() < whole else chance.randint(0, count)

        def write(folder: _Folder, path: Path) -> None:
            path.mkdir(mode=0o700)
            for name, node in sorted(folder.survivor(keep).items()):
                if isinstance(node, _Folder):
                    write(node, path / name)
                elif node is not None and not name.endswith(NOT_SIMULATED):
                    (path / name).touch(mode=0o600)
                    (path / name).write_bytes(node.survivor(keep, block))

        write(self._root, into)

    def _opened(self, event: Event) -> "_File | _Folder":
        folder, name = self._place(event.paths[0])
        created, truncated = event.offset & 1, event.offset & 2
        if created:
            folder.change({name: _File()})
        node = self._root if name == "" else folder.live[name]
        assert node is not None, f"the journal lacks what made {event.paths[0]}"
        if truncated and not created and isinstance(node, _File):
            node.pending.append(0)
        return node

    def _rename(self, kind: str, path: str, second: str | None = None) -> None:
        folder, name = self._place(path)
        if kind == "M":
            folder.change({name: _Folder({}, {})})
        elif kind == "U":
            folder.change({name: None})
        else:
            assert second is not None
            to_folder, to_name = self._place(second)
            assert to_folder is folder, "renaming between two folders is not simulated"
            node = folder.live[name]
            folder.change({to_name: node} if kind == "L" else {to_name: node, name: None})

    def _place(self, path: str) -> tuple[_Folder, str]:
        folder = self._root
        *parents, name = Path(path).relative_to(self._path).parts or ("",)
        for each in parents:
            found = folder.live[each]
            assert isinstance(found, _Folder)
            folder = found
        return folder, name

    def _file(self, event: Event) -> _File:
        node = self._open[event.descriptor]
        assert isinstance(node, _File)
        return node


def _load(path: Path) -> _Folder:
    names: _Names = {}
    for each in path.iterdir():
        names[each.name] = _load(each) if each.is_dir() else _File(bytearray(each.read_bytes()))
    return _Folder(dict(names), names)
