"""What the client says and the emulator answers is what the vendor's own files describe."""

from __future__ import annotations

import re

import pytest
from plugins.dotdigital.tests.specification import coverage
from plugins.dotdigital.tests.specification.checking import Checked, check
from plugins.dotdigital.tests.specification.deviations import DEVIATIONS, idle, unexplained
from plugins.dotdigital.tests.specification.files import FOLDER
from plugins.dotdigital.tests.specification.named import NAMED, NOT_THERE, shape, there
from plugins.dotdigital.tests.specification.walk import walk

needs_files = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the vendor's specification files are not on this machine"
)


@pytest.fixture(scope="module")
def checked() -> dict[tuple[str, str], Checked]:
    return check(walk())


@needs_files
def test_every_operation_the_adapter_uses_is_walked(checked: dict[tuple[str, str], Checked]) -> None:
    missing = [asked for shape, asked in coverage.used().items() if shape not in checked]
    print(f"{len(checked)} operations walked, {len(coverage.used())} used")
    assert missing == []


@needs_files
def test_every_request_and_every_answer_is_as_described_or_a_deviation_says_why_not(
    checked: dict[tuple[str, str], Checked],
) -> None:
    findings = [finding for one in checked.values() for finding in one.findings]
    print(f"{len(findings)} findings, {len(DEVIATIONS)} reasons")
    assert unexplained(findings) == []
    assert [one.reason for one in idle(findings)] == []


@needs_files
def test_what_is_committed_is_what_is_so(checked: dict[tuple[str, str], Checked]) -> None:
    """Mended by `python -m plugins.dotdigital.tests.specification.coverage`."""
    assert coverage.committed() == coverage.proven(checked)


def test_the_readme_shows_what_is_committed_and_the_adapter_uses_nothing_else() -> None:
    known = coverage.committed()
    assert coverage.in_readme() == coverage.table(known)
    shapes = {tuple(one["operation"].split(" ", 1)) for one in known["operations"]}
    assert {(method, coverage.shape_of(path)) for method, path in shapes} == set(coverage.used())


# ── what the source documents name ───────────────────────────────────────────────────────────────────────────

FACTS = FOLDER.parents[1] / "dotdigital.md"


def test_of_the_operations_that_the_documents_name_all_are_there_but_those_with_a_reason() -> None:
    done = there()
    print(f"{len(done)} of {len(NAMED)} operations named")
    assert sorted(set(NAMED) - set(done)) == sorted(NOT_THERE)
    assert f"{len(done)} of the {len(NAMED)} operations" in coverage.README.read_text(encoding="utf-8")


@pytest.mark.skipif(not FACTS.is_file(), reason="the collected facts are not on this machine")
def test_the_collected_facts_name_no_other_operation() -> None:
    text = FACTS.read_text(encoding="utf-8")
    section = text[text.index("## 33.") : text.index("## 34.")]
    named = re.findall(r"`(GET|PUT|POST|PATCH|DELETE) (/[^`\s\[]+)", section)
    assert len(named) > 25
    assert {shape(f"{method} {path}") for method, path in named} <= {shape(line) for line in NAMED}
