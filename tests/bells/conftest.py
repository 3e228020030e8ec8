"""A listener for what rings."""

from collections.abc import Iterator

import pytest

from bells.listener import Listener, listening


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as heard:
        yield heard
