"""The README: its blocks run, its matrix is what the code says."""

import re
from pathlib import Path
from typing import Any

import pytest

from martech.cli.capabilities import markdown
from martech.client import Client
from martech.provider.capabilities import capabilities
from martech.registry import find, installed
from martech.testing.connecting import bench

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PLUGIN_READMES = sorted((ROOT / "plugins").glob("**/README.md"))


def blocks(path: Path) -> list[str]:
    """Return the Python blocks of a page."""
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", blocks(README), ids=lambda block: block.splitlines()[0])
def test_a_block_of_the_readme_runs_and_prints_what_it_says(
    block: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = bench("example")

    def client(provider: str, **settings: Any) -> Client:
        return Client(provider, **settings, app=table.emulator, clock=table.clock)

    # The block is run as it stands; only its client talks to an emulator instead of a vendor.
    code = block.replace("import Channel, Client,", "import Channel,")
    exec(compile(code, str(README), "exec"), {"Client": client, "__name__": "readme"})
    expected = re.findall(r"^ *#> (.*)$", block, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == expected


def test_the_matrix_is_what_the_code_says() -> None:
    known = {one.name: capabilities(find(one.name).for_looking()) for one in installed()}
    text = README.read_text(encoding="utf-8")
    found = re.search(r"<!-- matrix -->\n(.*?)<!-- /matrix -->", text, re.DOTALL)
    assert found is not None
    assert found[1].strip() == markdown(known).strip(), "run: python -m tests.write_matrix"


def test_what_rests_on_assumption_is_said_in_the_plugins_readme() -> None:
    for one in installed():
        said = capabilities(find(one.name).for_looking())
        if any(capability.assumption for capability in said.values()):
            readme = (ROOT / "plugins" / one.name / "README.md").read_text(encoding="utf-8").lower()
            assert "assumption" in readme or "assumed" in readme, one.name


@pytest.mark.parametrize("page", [README, *PLUGIN_READMES], ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_points_to_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:src|plugins|tests|examples|benchmarks|cassettes)/[\w./-]+)`", text):
        places = [ROOT / name, page.parent / name, *(ROOT / "plugins").glob(f"*/{name}")]
        assert any(place.exists() for place in places), name
    for name in re.findall(r"`([a-z_]+\.py)`", text):
        assert list(ROOT.glob(f"**/{name}")), name


def test_every_cassette_says_what_it_was_recorded_against() -> None:
    page = (ROOT / "cassettes" / "README.md").read_text(encoding="utf-8")
    for cassette in (ROOT / "cassettes").glob("*/*.yaml"):
        provider = cassette.parent.name
        assert f"`{provider}/{cassette.name}`" in page, cassette
        text = cassette.read_text(encoding="utf-8")
        hosts = {uri.split("/")[2] for uri in re.findall(r"uri: (\S+)", text)}
        assert hosts <= {f"emulated.{provider.replace('_', '-')}.test"}, (
            "what was not recorded from an emulator says so"
        )


def test_no_cassette_holds_a_secret() -> None:
    from martech.registry import emulator

    secrets = {secret for one in installed() for secret in emulator(one.name)().secrets() if len(secret) > 5}
    shapes = r"(?i)(basic|bearer) +[A-Za-z0-9+/=_-]{8,}|eyJ[A-Za-z0-9_-]{10,}"
    for cassette in (ROOT / "cassettes").glob("*/*.yaml"):
        text = cassette.read_text(encoding="utf-8")
        assert not [secret for secret in secrets if secret in text], cassette
        assert not re.search(shapes, text), cassette
