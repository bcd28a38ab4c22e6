"""hypothesis where it is installed; where it is not, its tests are skipped with a reason and the
others of their modules run."""

from typing import Any

import pytest

try:
    from hypothesis import HealthCheck, example, given, settings
    from hypothesis import strategies as st
except ModuleNotFoundError:

    class _Anything:
        """Stands for strategies, which nobody draws from."""

        def __getattr__(self, name: str) -> Any:
            return self

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return self

        def __or__(self, other: Any) -> Any:
            return self

        def __iter__(self) -> Any:
            return iter(())

    def given(*args: Any, **kwargs: Any) -> Any:
        return pytest.mark.skip(reason="needs hypothesis (requirements-dev.txt)")

    def settings(*args: Any, **kwargs: Any) -> Any:
        return lambda test: test

    example = settings
    HealthCheck = st = _Anything()

__all__ = ["HealthCheck", "example", "given", "settings", "st"]
