"""A spool that was taken in and cannot be removed."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.server_process import ROOT, clean_environment

SCRIPT = """
import asyncio, sys
from pathlib import Path
from db.spool.file_spool import FileSpool
from prompt_improver.domain.errors import SpoolError
from tests.contract.prompt_spool_contract import rows

async def take_in(database):
    spool = FileSpool(database)
    await spool.append(rows(2))
    database.parent.chmod(0o500)
    assert len((await spool.read(9)).histories) == 2
    try:
        await spool.remove(refused=False)
    except SpoolError:
        print("it is still there")
    database.parent.chmod(0o700)

asyncio.run(take_in(Path(sys.argv[1])))
"""


def test_rows_that_were_taken_in_do_not_come_again_where_their_file_cannot_be_removed(tmp_path):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "data" / "history.db")]
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("needs setpriv, or a user who is not root")
        dropped = "-dac_override,-dac_read_search"
        command = [setpriv, f"--bounding-set={dropped}", f"--inh-caps={dropped}", *command]
    done = subprocess.run(
        command, env=clean_environment(), cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert (done.stdout, done.stderr) == ("it is still there\n", "")
    assert (tmp_path / "data" / "history.spool.jsonl").read_bytes() == b""
