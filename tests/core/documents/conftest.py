from collections.abc import Iterator

import pytest

from motcua.documents.render import Renderer


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    made = Renderer(processes=1)
    yield made
    made.close()
