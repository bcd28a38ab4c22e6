"""The pages that stand in a write-ahead log, read without SQLite.

The formats are those of https://sqlite.org/walformat.html (the index of the log) and
https://sqlite.org/fileformat2.html#walformat (the log).
"""

import os
import struct
from dataclasses import dataclass

INDEX_HEADER = 48
"""Bytes of the index's header, of which there are two copies."""
_LOG_HEADER, _FRAME_HEADER = 32, 24


@dataclass(frozen=True, slots=True)
class LogFrames:
    """The pages that stand in a log. ``pages``: the page number of each frame, in order.
    ``done``: how many of them a checkpoint has brought into the file, at the least.
    ``least``: pages of the database when it was smallest; those behind it may be missing."""

    pages: list[int]
    done: int
    page_size: int
    least: int

    @classmethod
    def read(cls, log: int | None, index: int | None) -> "LogFrames":
        header = b"" if log is None else os.pread(log, _LOG_HEADER, 0)
        if log is None or len(header) < _LOG_HEADER:
            return cls([], 0, 0, 0)
        (page_size,) = struct.unpack_from(">I", header, 8)
        salts = header[16:24]
        most, done = _look_into(index, salts)
        pages: list[int] = []
        sizes: list[int] = []
        committed = 0
        while most is None or len(pages) < most:
            offset = _LOG_HEADER + len(pages) * (_FRAME_HEADER + page_size)
            frame = os.pread(log, _FRAME_HEADER, offset)
            if len(frame) < _FRAME_HEADER or frame[8:16] != salts:
                break
            page, size = struct.unpack_from(">II", frame)
            pages.append(page)
            if size:
                sizes.append(size)
                committed = len(pages)
        return cls(pages[:committed], min(done, committed), page_size, min(sizes, default=0))

    def content(self, log: int, number: int) -> bytes:
        """The page in the frame ``number``, from 0."""
        offset = _LOG_HEADER + number * (_FRAME_HEADER + self.page_size) + _FRAME_HEADER
        return os.pread(log, self.page_size, offset)


def _look_into(index: int | None, salts: bytes) -> tuple[int | None, int]:
    """How many frames count, and how many of them are in the file, by the index of the log.
    None: there is no index that says so, and SQLite would take all there are."""
    found = b"" if index is None else os.pread(index, 2 * INDEX_HEADER + 4, 0)
    first, second = found[:INDEX_HEADER], found[INDEX_HEADER : 2 * INDEX_HEADER]
    if len(found) < 2 * INDEX_HEADER + 4 or first != second or not first[12]:
        return None, 0
    if first[32:40] != salts:  # all of it was used up, and it begins anew
        return 0, 0
    (most,) = struct.unpack_from("=I", first, 16)
    (done,) = struct.unpack_from("=I", found, 2 * INDEX_HEADER)
    return most, done
