"""Public names that are loaded with their modules when they are first used."""

from __future__ import annotations

# Not imported from `typing`, which would cost more than all of this; type checkers know the name.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def lazily(
    package: str, namespace: dict[str, object], modules: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a package whose names live in other modules."""
    homes = {name: module for module, names in modules.items() for name in names}

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        import importlib

        value = namespace[name] = getattr(importlib.import_module(homes[name]), name)
        return value

    def listing() -> list[str]:
        return sorted({*homes, *(name for name in namespace if name == "__version__")})

    return load, listing
