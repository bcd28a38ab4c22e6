import pytest

from prompt_improver.container import Container, NotRegisteredError


class Clock:
    pass


class Lamp:
    pass


@pytest.fixture
def container() -> Container:
    return Container()


def test_register_builds_a_new_one_at_every_get(container):
    container.register(Clock, Clock)
    assert container.get(Clock) is not container.get(Clock)


def test_register_factory_builds_one_at_the_first_get_and_keeps_it(container):
    built = []

    def build() -> Clock:
        built.append("built")
        return Clock()

    container.register_factory(Clock, build)
    assert built == []
    assert container.get(Clock) is container.get(Clock)
    assert built == ["built"]


def test_register_singleton_gives_that_one(container):
    clock = Clock()
    container.register_singleton(Clock, clock)
    assert container.get(Clock) is clock


def test_get_of_an_unknown_type_names_the_type(container):
    container.register(Lamp, Lamp)
    with pytest.raises(NotRegisteredError, match="Clock") as caught:
        container.get(Clock)
    assert isinstance(caught.value, KeyError)


def test_the_last_registration_of_a_type_counts(container):
    container.register_singleton(Clock, Clock())
    container.register_factory(Clock, Clock)
    later = Clock()
    container.get(Clock)
    container.register(Clock, lambda: later)
    assert container.get(Clock) is later


def test_clear_forgets_everything(container):
    container.register_singleton(Clock, Clock())
    container.register(Lamp, Lamp)
    container.clear()
    for interface in (Clock, Lamp):
        with pytest.raises(NotRegisteredError):
            container.get(interface)
