"""The contract suite that every connector passes, the hub's own and a third party's.

Subclass `ConnectorContract`, declare what the ERP can do, give a fixture ``harness``, and pytest runs the rest::

    class TestMyErp(ConnectorContract):
        features = Features(cancels=False)

        @pytest.fixture
        def harness(self, tmp_path):
            return MyHarness(tmp_path)

Tests of what `Features` declares as missing are not collected; everything else must pass. Needs pytest-asyncio. Every
failure is a sentence that explains what is wrong and what to do. docs/connector-guide.md describes each method of the
harness.

It may import ``broker``, ``connector``, ``wire`` and the layers below, not ``operations``, ``readmodel`` or ``cli``.
"""

from kranhub.testing.contract import ConnectorContract
from kranhub.testing.demands import ContractBroken
from kranhub.testing.harness import Content, ErpHarness, Features

__all__ = ["ConnectorContract", "Content", "ContractBroken", "ErpHarness", "Features"]
