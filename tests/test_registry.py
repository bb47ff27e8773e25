"""Finding plugins by name, and what becomes of broken ones."""

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from martech.errors import BrokenProvider, UnknownProvider
from martech.registry import emulator, find, installed


def plugin(folder: Path, name: str, code: str) -> None:
    """Install a plugin into a folder on the path."""
    (folder / f"martech_{name}.py").write_text(dedent(code))
    info = folder / f"martech_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: martech-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[martech]\n{name} = martech_{name}\n")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    sys.path.insert(0, str(tmp_path))
    yield tmp_path
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("martech_broken")]:
        del sys.modules[name]


BROKEN = {
    "broken_import": "import nothing_of_this_name",
    "broken_raise": "raise RuntimeError('half installed')",
    "broken_syntax": "def (",
    "broken_hook": """
        from martech.provider import hookimpl
        @hookimpl
        def martech_provider():
            raise ValueError("not today")
    """,
    "broken_argument": """
        from martech.provider import hookimpl
        @hookimpl
        def martech_provider(colour):
            return None
    """,
    "broken_misspelt": """
        from martech.provider import hookimpl
        @hookimpl
        def martech_provder():
            return None
    """,
    "broken_nothing": "",
    "broken_name": """
        from martech.provider import Provider, hookimpl
        class Other(Provider):
            name = "other"
        @hookimpl
        def martech_provider():
            return Other
    """,
}


def test_the_one_asked_for_is_found() -> None:
    assert find("example").title == "Pigeonpost"
    assert emulator("example").name == "example"


def test_an_unknown_name_lists_what_there_is_and_the_nearest() -> None:
    with pytest.raises(UnknownProvider) as unknown:
        find("exampel")
    assert "example" in str(unknown.value)
    assert "did you mean 'example'?" in str(unknown.value)


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_plugin_is_named_with_its_reason(folder: Path, name: str) -> None:
    plugin(folder, name, BROKEN[name])
    with pytest.raises(BrokenProvider) as broken:
        find(name)
    assert name in str(broken.value)


def test_broken_plugins_are_reported_and_stop_nobody(folder: Path) -> None:
    for name, code in BROKEN.items():
        plugin(folder, name, code)
    found = {one.name: one for one in installed()}
    assert set(BROKEN) <= set(found)
    assert all(found[name].problem and found[name].provider is None for name in BROKEN)
    assert found["example"].provider is not None
    assert found["example"].problem is None


def test_asking_for_one_imports_no_other(folder: Path) -> None:
    plugin(folder, "broken_raise", BROKEN["broken_raise"])
    find("example")
    assert "martech_broken_raise" not in sys.modules


def test_a_plugin_without_an_emulator_says_so(folder: Path) -> None:
    plugin(
        folder,
        "broken_bare",
        """
        from martech.provider import Provider, hookimpl
        class Bare(Provider):
            name, title = "broken_bare", "Bare"
        @hookimpl
        def martech_provider():
            return Bare
        """,
    )
    assert find("broken_bare").title == "Bare"
    with pytest.raises(UnknownProvider, match="no emulator"):
        emulator("broken_bare")
