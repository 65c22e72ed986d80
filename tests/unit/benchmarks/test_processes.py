"""What a measuring process answers arrives whole, and why it failed is said in a sentence."""

import json
import sys

import pytest

from benchmarks.processes import answer
from kranhub.errors import Failed

pytestmark = pytest.mark.process

LONG = {f"figure-{number}": number / 7 for number in range(200)}


def test_a_long_answer_arrives_whole() -> None:
    command = [sys.executable, "-c", f"import json; print('started'); print(json.dumps({LONG!r}))"]
    assert answer("probe", command, 30) == json.loads(json.dumps(LONG))


def test_a_failure_is_told_by_its_last_words() -> None:
    with pytest.raises(Failed) as raised:
        answer("probe", [sys.executable, "-c", "import sys; print('x' * 999); sys.exit(3)"], 30)
    assert f"probe failed: {'x' * 300}. Run it again." in raised.value.text.en
