"""What the parts of the program are made of, by type: made in the lifespan, kept in
``app.state``, reached by ``Depends``."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class NotRegisteredError(KeyError):
    """Nothing is registered for a type."""

    def __init__(self, interface: type) -> None:
        super().__init__(interface)
        self.interface = interface

    def __str__(self) -> str:
        return f"Nothing is registered for {self.interface.__name__}: register it in app.py"


class Container:
    """Maps a type to the thing that stands for it."""

    def __init__(self) -> None:
        self._builders: dict[type, Callable[[], Any]] = {}
        self._kept: set[type] = set()
        self._built: dict[type, Any] = {}

    def register(self, interface: type[T], build: Callable[[], T]) -> None:
        """Build a new one at every ``get``."""
        self._forget(interface)
        self._builders[interface] = build

    def register_factory(self, interface: type[T], build: Callable[[], T]) -> None:
        """Build one at the first ``get``, and keep it."""
        self.register(interface, build)
        self._kept.add(interface)

    def register_singleton(self, interface: type[T], instance: T) -> None:
        """Always this one."""
        self._forget(interface)
        self._built[interface] = instance

    def get(self, interface: type[T]) -> T:
        """What is registered for ``interface``.

        Raises:
            NotRegisteredError: nothing is; the message names the type.
        """
        if interface in self._built:
            return self._built[interface]  # type: ignore[no-any-return]
        if interface not in self._builders:
            raise NotRegisteredError(interface)
        built = self._builders[interface]()
        if interface in self._kept:
            self._built[interface] = built
        return built  # type: ignore[no-any-return]

    def clear(self) -> None:
        """Forget everything."""
        self._builders.clear()
        self._kept.clear()
        self._built.clear()

    def _forget(self, interface: type) -> None:
        self._builders.pop(interface, None)
        self._kept.discard(interface)
        self._built.pop(interface, None)
