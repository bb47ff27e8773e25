"""The rules of the house, held against the code."""

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import martech
from martech import delivery, models
from martech.registry import installed

ROOT = Path(__file__).parents[1]
CORE = ROOT / "src" / "martech"
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
MODULES = sorted(CORE.rglob("*.py"))
PLUGIN_MODULES = sorted(path for plugin in PLUGINS for path in (plugin / "src").rglob("*.py"))
OURS = [path for path in ROOT.rglob("*.py") if not {".venv", "build"} & set(path.relative_to(ROOT).parts)]

FLOOR = {"_lazy", "masking", "models"}
BELOW_PROVIDER = FLOOR | {"errors", "wire"}
BELOW_FLOWS = BELOW_PROVIDER | {"provider", "pipeline"}
BELOW_CLIENT = BELOW_FLOWS | {"flows", "consent", "drivers", "stores", "registry"}
BELOW_CLI = BELOW_CLIENT | {"client", "delivery", "files", "emulation", "migration", "testing"}
MAY_IMPORT: dict[str, set[str]] = {
    "_lazy": set(),
    "masking": set(),
    "models": {"_lazy", "masking"},
    "errors": FLOOR,
    "wire": FLOOR | {"errors"},
    "provider": BELOW_PROVIDER,
    "pipeline": BELOW_PROVIDER | {"provider"},
    "drivers": BELOW_FLOWS,
    "stores": BELOW_FLOWS,
    "consent": BELOW_FLOWS,
    "flows": BELOW_FLOWS | {"consent"},
    "files": FLOOR | {"errors"},
    "emulation": {"wire"},
    "registry": BELOW_PROVIDER | {"provider", "emulation"},
    "delivery": BELOW_CLIENT,
    "client": BELOW_CLIENT | {"delivery"},
    "migration": BELOW_CLIENT | {"client", "delivery", "files"},
    "testing": BELOW_CLI,
    "cli": BELOW_CLI,
    "__init__": BELOW_CLI,
}
"""Which parts of the core a part may import; every part is here."""


def imported(path: Path) -> Iterator[str]:
    """Yield every module a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively"
            yield node.module


def part(path: Path) -> str:
    """Return which part of the core a module belongs to."""
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_imports_point_one_way(path: Path) -> None:
    here = part(path)
    for name in imported(path):
        if name.split(".")[0] == "martech" and "." in name:
            there = name.split(".")[1]
            assert there == here or there in MAY_IMPORT[here], f"{here} may not import {name}"


@pytest.mark.parametrize("path", PLUGIN_MODULES, ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_a_plugin_goes_through_its_door(path: Path) -> None:
    own = next(one for one in path.parts if one.startswith("martech_"))
    inside = path.relative_to(next(parent for parent in path.parents if parent.name == own))
    for name in imported(path):
        if name.startswith("martech_"):
            assert name.split(".")[0] == own, f"{own} imports another plugin"
        elif name.split(".")[0] == "martech":
            door = {"martech.provider", "martech.models"}
            if inside.parts[0] == "emulator" or inside.name == "__init__.py":
                door = {"martech.emulation", "martech.provider"}
            elif inside.name == "clients.py":
                door |= {"martech.client"}
            assert name in door, f"{inside} imports {name}"


@pytest.mark.parametrize("path", PLUGIN_MODULES, ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_an_emulator_and_the_rest_of_its_plugin_share_nothing(path: Path) -> None:
    own = next(one for one in path.parts if one.startswith("martech_"))
    inside = path.relative_to(next(parent for parent in path.parents if parent.name == own))
    for name in imported(path):
        if name.split(".")[0] == own and inside.name != "__init__.py":
            is_emulator = name.startswith(f"{own}.emulator")
            assert is_emulator == (inside.parts[0] == "emulator"), f"{inside} imports {name}"


def test_only_one_module_knows_the_http_library() -> None:
    knowing = {
        path.relative_to(ROOT).as_posix() for path in MODULES + PLUGIN_MODULES if "httpx" in set(imported(path))
    }
    assert knowing == {"src/martech/drivers/http.py"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_no_vendor_is_named_in_the_core(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    names = {one.name for one in installed()} - {"example"} | {"digital onboarding", "pigeonpost"}
    assert not [name for name in names if name in text]


def test_public_names_are_sorted_there_and_all_there_is() -> None:
    names = list(martech.__all__)
    assert names == sorted(names)
    assert sorted(dir(martech)) == sorted([*names, "__version__"])
    for name in names:
        assert getattr(martech, name) is not None
    with pytest.raises(AttributeError):
        martech.Clinet  # type: ignore[attr-defined]  # noqa: B018 - that is the point


@pytest.mark.parametrize("package", [martech, delivery, models], ids=["martech", "delivery", "models"])
def test_names_for_type_checkers_are_the_names_at_run_time(package: ModuleType) -> None:
    tree = ast.parse(Path(package.__file__ or "").read_text(encoding="utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    listed = [(name, module) for module, names in package._MODULES.items() for name in names]
    assert seen == dict(listed)
    assert len(listed) == len(seen)


def test_every_error_and_every_model_is_public() -> None:
    from martech import errors

    internal = {"FIELD_OF", "PERSONAL", "VendorWord", "Yes", "Model", "Answer"}
    assert {*errors.__all__, *models.__all__} - internal <= set(martech.__all__)


def test_importing_the_package_imports_next_to_nothing() -> None:
    code = f"""
import sys
sys.path.insert(0, {str(CORE.parent)!r})
before = set(sys.modules)
import martech
print(*sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__future__", "martech", "martech._lazy"]


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_exception_to_a_check_has_its_reason_beside_it(path: Path) -> None:
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type == tokenize.COMMENT and re.search(r"type: *ignore|pyright: *ignore|noqa", token.string):
                assert re.search(r"(\]|[A-Z]+\d+)\s*(#|-|–)\s*\w+", token.string), (
                    f"{path.name}:{token.start[0]} gives no reason: {token.string}"
                )


@pytest.mark.parametrize("path", MODULES + PLUGIN_MODULES, ids=lambda path: path.name)
def test_no_module_is_so_long_that_one_would_want_a_map(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


def test_no_file_names_this_machine_or_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout, so there is no list of files to look through")
    host = r"(index-url|files\.[a-z]+hosted|registry\.[a-z]+\.(org|com))"
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".csv", ".json", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert str(ROOT) not in text, name
            assert name == "tests/test_architecture.py" or not re.search(host, text), name


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_every_plugin_has_the_same_rooms(plugin: Path) -> None:
    (package,) = (plugin / "src").iterdir()
    rooms = [
        "__init__.py",
        "provider.py",
        "clients.py",
        "auth.py",
        "errors.py",
        "limits.py",
        "assumed.py",
        "scrub.py",
    ]
    for room in rooms:
        assert (package / room).is_file(), room
    for room in ("wire", "mapping", "native", "emulator"):
        assert (package / f"{room}.py").is_file() or (package / room / "__init__.py").is_file(), room
    assert (plugin / "tests" / "test_promises.py").is_file()
    readme = (plugin / "README.md").read_text(encoding="utf-8").lower()
    for word in ("settings", "what works", "cannot", "assum", "quirk"):
        assert word in readme, word
