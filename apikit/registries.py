"""Extension points: how an app adds to an app below it, which cannot import it.

The app below declares an extension point at module level. Apps above call its ``register`` method,
in their ``ready()`` or in a module that is imported at startup, such as ``live.py``:

- :class:`Registry`: entries under unique keys;
- :class:`Hook`: any number of functions, called in the order of registration;
- :class:`Provider`: one function that another app implements.

Decorators such as ``@command`` build an entry and register it.
"""

from collections.abc import Callable, Iterator
from typing import Generic, ParamSpec, TypeVar

Key = TypeVar("Key")
Entry = TypeVar("Entry")
Params = ParamSpec("Params")
Result = TypeVar("Result")


class Registry(dict[Key, Entry]):
    """Entries under unique keys, in the order of registration. ``noun`` is for error messages."""

    def __init__(self, noun: str) -> None:
        super().__init__()
        self.noun = noun

    def register(self, key: Key, entry: Entry) -> Entry:
        """Adds an entry.

        :raises ValueError: if another entry has the same key.
        """
        if self.setdefault(key, entry) is not entry:
            raise ValueError(f"Duplicate {self.noun}: {key}.")
        return entry


class Hook(Generic[Params, Result]):
    """Functions with the same signature, called in the order of registration."""

    def __init__(self) -> None:
        self._functions: list[Callable[Params, Result]] = []

    def register(self, function: Callable[Params, Result]) -> Callable[Params, Result]:
        """Adds a function; usable as a decorator."""
        self._functions.append(function)
        return function

    def run(self, *args: Params.args, **kwargs: Params.kwargs) -> None:
        """Calls all functions."""
        for function in self._functions:
            function(*args, **kwargs)

    def __iter__(self) -> Iterator[Callable[Params, Result]]:
        return iter(self._functions)


class Provider(Generic[Params, Result]):
    """A function that another app implements; calls go to ``default`` until one is registered."""

    def __init__(self, default: Callable[Params, Result]) -> None:
        self._default = default
        self._function: Callable[Params, Result] | None = None

    def register(self, function: Callable[Params, Result]) -> Callable[Params, Result]:
        """Sets the implementation; usable as a decorator.

        :raises ValueError: if there is one already.
        """
        if self._function is not None:
            raise ValueError(f"Duplicate provider: {function.__qualname__}.")
        self._function = function
        return function

    def __call__(self, *args: Params.args, **kwargs: Params.kwargs) -> Result:
        return (self._function or self._default)(*args, **kwargs)
