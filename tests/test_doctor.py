"""`martech doctor`, and the marks it reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.fakes import Fake

from martech.cli.app import main
from martech.provider import (
    ContactOperations,
    M,
    Provenance,
    Resource,
    Runner,
    assumes,
    capabilities,
    capability,
    native_capabilities,
    observed,
    operation,
    paged,
)
from martech.registry import find, installed


class Group(Resource[M]):
    @operation
    @assumes("Twice is once.", settings=("twice",))
    @assumes("The path.", settings=("path",))
    @observed("a shop")
    async def post(self) -> None: ...

    @paged
    @observed("a shop")
    async def list(self, cursor: str | None) -> Any: ...


class Native(Resource[M]):
    group: Group[M]

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self.group = Group(runner)

    @operation
    async def get(self) -> None: ...

    def write(self) -> str:
        return ""


class Odd(Fake):
    def native(self) -> type[Resource[Any]]:
        return Native


def test_native_operations_tell_how_they_are_known_whatever_their_group_and_sort() -> None:
    known = native_capabilities(Odd())
    assert {name: one.provenance for name, one in known.items()} == {
        "native.get": Provenance.DOCUMENTED,
        "native.group.list": Provenance.OBSERVED,
        "native.group.post": Provenance.ASSUMED,
        "native.write": Provenance.DOCUMENTED,
    }
    post = known["native.group.post"]
    assert post.assumptions == {"Twice is once.": ("twice",), "The path.": ("path",)}
    assert post.assumption == "Twice is once. The path."
    assert native_capabilities(Fake()) == {}


def test_verbs_tell_it_too() -> None:
    class Marked(ContactOperations):
        @observed("a shop")
        async def count(self) -> int:
            return 0

    told = capability(Fake(contacts=Marked()), "contacts.count")
    assert (told.provenance, told.observed, told.assumption) == (Provenance.OBSERVED, "a shop", None)


def test_the_doctor_shows_for_people_what_is_assumed_and_what_puts_it_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", "example"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "How to ask for a letter's state is not written down" in out
    assert "in messages.status put right by letter_path" in out


@pytest.mark.parametrize("name", [one.name for one in installed()])
def test_the_doctor_tells_programs_the_same_as_the_marks(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", name, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    provider = find(name).for_looking()
    verbs = {verb: one for verb, one in capabilities(provider).items() if one.supported}
    assert told["verbs"].keys() == verbs.keys()
    for verb, one in verbs.items():
        if one.assumption:
            assert told["verbs"][verb]["provenance"] == "assumed"
    for kind in ("verbs", "native"):
        assert sum(told["counts"][kind].values()) == len(told[kind])
    settings = find(name).settings_model.model_fields
    named = [
        setting
        for kind in ("verbs", "native")
        for call in told[kind].values()
        for one in call.get("assumptions", ())
        for setting in one["settings"]
    ]
    assert {setting.partition(".")[0] for setting in named} <= set(settings)


def test_the_doctor_keeps_within_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for one in installed():
        assert main(["doctor", one.name]) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
