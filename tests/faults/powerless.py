"""The server without root's power over files, for tests of what a user may not do."""

import os
import shutil

import pytest

from tests.server_process import ROOT

_DROPPED = "-dac_override,-dac_read_search"
_RUN = """
import os, sys
setpriv, dropped, *command = sys.argv[1:]
if setpriv:
    powers = [f"--bounding-set={dropped}", f"--inh-caps={dropped}"]
    command = [setpriv, *powers, sys.executable, *command]
else:
    command = [sys.executable, *command]
os.execv(command[0], command)
"""


def powerless_command() -> tuple[str, ...]:
    """What ServerProcess is to run: the server, which keeps its process id. Skips the test
    where root cannot let go of its power."""
    setpriv = ""
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv") or ""
        if not setpriv:
            pytest.skip("needs setpriv, or a user who is not root")
    return "-c", _RUN, setpriv, _DROPPED, str(ROOT / "main.py")
