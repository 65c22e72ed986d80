"""The contract suite that every connector passes, ours or a third party's.

Subclass `ConnectorContract`, declare what the ERP can do, give a fixture ``harness``, and pytest runs the rest::

    class TestMyErp(ConnectorContract):
        features = Features(cancels=False)

        @pytest.fixture
        def harness(self, tmp_path):
            return MyHarness(tmp_path)

What the declared `Features` leave out is not collected; everything else must pass. Needs pytest-asyncio. Every failure
is a sentence that says what is wrong and what to do. docs/connector-guide.md tells what each method of the harness is.
"""

from kranhub.testing.contract import ConnectorContract
from kranhub.testing.demands import ContractBroken
from kranhub.testing.harness import Content, ErpHarness, Features

__all__ = ["ConnectorContract", "Content", "ContractBroken", "ErpHarness", "Features"]
