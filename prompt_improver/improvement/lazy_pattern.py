"""Regular expressions that are compiled at their first use.

There are over 200 in the gates, in reading and in the offline backend, and one idea needs a
third of them: compiling all at the import took a fifth of a command's time.
"""

import re
from typing import Any, cast


class _LazyPattern:
    def __init__(self, pattern: str, flags: int) -> None:
        self._source = pattern, flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(*self._source), name)  # re remembers what it has compiled
        self.__dict__[name] = value  # from now on nothing is between caller and pattern
        return value


def lazy_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What ``re.compile`` returns, as its methods and attributes. A mistake in ``pattern`` shows
    at the first use, so a test uses each.

    Not for the functions of ``re``: ``lazy.sub(...)``, never ``re.sub(lazy, ...)``.
    """
    return cast("re.Pattern[str]", _LazyPattern(pattern, flags))
