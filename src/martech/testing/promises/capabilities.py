"""Promises about saying no."""

from __future__ import annotations

import pytest

from martech.errors import UnsupportedOperation
from martech.provider.capabilities import capabilities
from martech.provider.words import Word
from martech.testing.connecting import Bench
from martech.testing.faces import Drive
from martech.testing.promises.base import Kit
from martech.testing.promises.samples import LISTINGS, SAMPLES

__all__ = ["CapabilityPromises"]


class CapabilityPromises(Kit):
    """A verb is there, or one of the four words stands in its place."""

    def test_every_verb_is_defined_or_refused_in_words(self, table: Bench) -> None:
        """The plugin says something about every verb of the grid."""
        said = capabilities(table.client()._provider)  # noqa: SLF001 - the kit looks behind the client
        silent = [verb for verb, known in said.items() if known.undeclared]
        assert not silent, f"nothing is said about {silent}"
        for verb, known in said.items():
            if known.no is not None:
                assert known.no.word in Word, verb
                assert known.no.reason.endswith("."), f"{verb}: the reason should be a sentence"
                assert (
                    known.no.instead is None or known.no.instead in said or known.no.instead.startswith("native")
                )

    def test_what_is_not_offered_makes_no_request(self, drive: Drive) -> None:
        """Calling a verb the provider lacks refuses, with the reason, before anything is sent."""
        for verb, ask in SAMPLES.items():
            if drive.client.supports(verb):
                continue
            with pytest.raises(UnsupportedOperation) as refused:
                drive.all(ask) if verb in LISTINGS else drive.call(ask)
            assert refused.value.provider == self.provider, verb
            assert refused.value.word in list(Word), verb
        assert drive.emulator.ledger.total == 0

    def test_a_substitute_exists(self, table: Bench) -> None:
        """What a refusal names as the thing to do instead is there."""
        client = table.client()
        for verb, known in client.capabilities().items():
            instead = known.no.instead if known.no is not None else None
            if instead is not None and not instead.startswith("native"):
                assert client.supports(instead), f"{verb} points to {instead}, which is not there either"
