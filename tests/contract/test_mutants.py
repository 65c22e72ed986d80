"""The contract suite is red for every mutant, with a sentence that says what is wrong, and green for the original."""

import inspect
import re
from pathlib import Path

import pytest

from kranhub.testing import ConnectorContract, ContractBroken, Features, reading
from kranhub.wire.messages import Subject
from tests.support.mutants import CONTENT, KINDS, Mutant
from tests.support.workshop import Workshop, client
from tests.support.workshop.erp import WorkshopHarness


class Suite(ConnectorContract):
    """Called here test by test, on one connector after the other."""

    __test__ = False
    features = Features(
        publishes=(Subject.ORDER, Subject.ORDER_RESPONSE, Subject.INVENTORY_LEVEL),
        takes=(Subject.PLANT_ORDER, Subject.ORDER_STATUS),
        between="workshop.after-lookup",
        many=3000,
    )


@pytest.mark.parametrize("mutant", [*CONTENT, *KINDS], ids=lambda mutant: mutant.name)
async def test_the_suite_is_red_for(mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE_S", 6.0)
    await _run(mutant, Workshop, tmp_path / "good.sqlite")
    monkeypatch.setattr(client, "DRIVER", mutant.driver)
    with pytest.raises(AssertionError, match=re.compile(mutant.says, re.DOTALL)) as caught:
        await _run(mutant, mutant.kind, tmp_path / "mutant.sqlite")
    assert isinstance(caught.value, ContractBroken)
    assert len(str(caught.value)) > 60, "a sentence that says what to do"


async def _run(mutant: Mutant, kind: type[Workshop], file: Path) -> None:
    """Run the mutant's test of the suite on a workshop of its own, with this connector."""
    harness = WorkshopHarness(file)
    harness.kind = kind
    test = getattr(Suite(), mutant.test)
    erp = harness.connector()
    known = {"harness": harness, "erp": erp, "subject": mutant.subject}
    try:
        await test(**{name: known[name] for name in inspect.signature(test).parameters})
    finally:
        await erp.close()
