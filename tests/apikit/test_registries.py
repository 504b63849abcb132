"""Extension points: entries under unique keys, hooks, one provider."""

import pytest

from apikit.registries import Hook, Provider, Registry


def test_a_registry_keeps_the_order_of_registration() -> None:
    registry: Registry[str, int] = Registry("number")
    registry.register("two", 2)
    registry.register("one", 1)
    assert list(registry.items()) == [("two", 2), ("one", 1)]


def test_a_registry_refuses_two_entries_under_one_key() -> None:
    registry: Registry[str, object] = Registry("command")
    entry = registry.register("ping", object())
    assert registry.register("ping", entry) is entry
    with pytest.raises(ValueError, match="Duplicate command: ping"):
        registry.register("ping", object())


def test_a_hook_calls_its_functions_in_order() -> None:
    hook: Hook[[int], None] = Hook()
    calls: list[str] = []

    @hook.register
    def first(number: int) -> None:
        calls.append(f"first {number}")

    @hook.register
    def second(number: int) -> None:
        calls.append(f"second {number}")

    hook.run(1)
    assert calls == ["first 1", "second 1"]
    assert list(hook) == [first, second]


def _zero(number: int) -> int:
    return 0


def test_a_provider_calls_its_default_until_one_is_registered() -> None:
    double = Provider(_zero)
    assert double(2) == 0
    double.register(lambda number: 2 * number)
    assert double(2) == 4


def test_a_provider_refuses_a_second_implementation() -> None:
    provider = Provider(lambda: 0)
    provider.register(lambda: 1)
    with pytest.raises(ValueError, match="Duplicate provider"):
        provider.register(lambda: 2)
