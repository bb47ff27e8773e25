"""A sample of each long proof."""

import pytest
from tests.prove.memory import stream


@pytest.mark.parametrize("face", ["blocking", "asyncio"])
def test_memory_does_not_grow_with_the_input_of_a_stream(face: str) -> None:
    stream(2_500, face=face)
    few_seen, few, _ = stream(2_500, face=face)
    many_seen, many, _ = stream(9_000, face=face)
    assert (few_seen, many_seen) == (2_500, 9_000)
    assert many < few * 1.1, (few, many)
