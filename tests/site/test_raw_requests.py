"""How bodies are framed on the wire."""

import pytest

from tests.processes import ServerProcess
from tests.site.body_forms import check_bodies


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_counts_the_same_with_and_without_a_length(
    raw_server: ServerProcess, is_chunked: bool
) -> None:
    check_bodies(raw_server, is_chunked=is_chunked)
