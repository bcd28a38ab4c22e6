"""Where the history of an installed program is: one a user, whatever folder it is called from.

Three lines for two platforms, and no package for them (platformdirs): Windows is served by WSL.
"""

import sys
from pathlib import Path

_NAME = "prompt-improver"


def is_checkout(package: Path = Path(__file__).parent) -> bool:
    """Whether ``package`` is imported from a clone of the repository, which has ``main.py`` and
    ``sql/`` beside it."""
    return (package.parent / "main.py").is_file() and (package.parent / "sql").is_dir()


def data_folder(xdg_data_home: str, *, home: Path | None = None, platform: str = "") -> Path:
    """The user's data folder for this program, which need not be there yet.

    Args:
        xdg_data_home: the variable of that name, as the XDG Base Directory Specification has
            it: a relative path counts as not set.
        home: instead of the user's.
        platform: instead of this one, as ``sys.platform`` names it.
    """
    home = home or Path.home()
    if (platform or sys.platform) == "darwin":
        return home / "Library" / "Application Support" / _NAME
    shared = Path(xdg_data_home)
    return (shared if shared.is_absolute() else home / ".local" / "share") / _NAME
