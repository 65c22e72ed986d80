"""The guide names every test of the contract suite, with its sentence, and every method of the harness."""

import inspect
from pathlib import Path

import pytest

from kranhub.testing import ConnectorContract, ErpHarness, Features
from kranhub.wire.messages import Subject

GUIDE = (Path(__file__).parents[3] / "docs/connector-guide.md").read_text(encoding="utf-8")
TESTS = [name for name, _ in inspect.getmembers(ConnectorContract) if name.startswith("test_")]
METHODS = [name for name, _ in inspect.getmembers(ErpHarness, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("test", TESTS)
def test_every_test_stands_in_the_guide_with_its_sentence(test: str) -> None:
    sentence = inspect.getdoc(getattr(ConnectorContract, test))
    assert f"| `{test.removeprefix('test_')}` | {sentence} |" in GUIDE


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_the_harness_stands_in_the_guide(method: str) -> None:
    assert f"`{method}(" in GUIDE


def test_a_harness_that_lacks_a_method_says_which_feature_to_declare() -> None:
    class Lazy(ErpHarness):
        connector = misconfigured = None  # type: ignore[assignment]

    with pytest.raises(NotImplementedError, match=r"Lazy has no twins.*Features\.twins"):
        Lazy().twins()


def test_what_is_declared_false_is_not_collected() -> None:
    class Reader(ConnectorContract):
        __test__ = False
        features = Features(publishes=(Subject.INVENTORY_LEVEL,), writes=False, removes=False)

    tests = {name for name in dir(Reader) if name.startswith("test_") and getattr(Reader, name)}
    assert "test_two_rows_of_one_code_are_summed_or_refused" in tests
    assert not tests & {
        "test_two_orders_with_one_number_are_two",
        "test_deleted_and_entered_again_is_a_newer_state",
        "test_delivered_twice_is_applied_once",
    }
