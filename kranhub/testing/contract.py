"""The contract suite, composed of its parts."""

from kranhub.testing.endurance_contract import EnduranceContract
from kranhub.testing.fault_contract import FaultContract
from kranhub.testing.held_report_contract import HoldingContract
from kranhub.testing.sink_contract import SinkContract
from kranhub.testing.source_contract import SourceContract


class ConnectorContract(SourceContract, EnduranceContract, SinkContract, HoldingContract, FaultContract):
    """Inherit from it, declare ``features``, and give a fixture ``harness``.

    Tests of features that are declared False or empty are not collected at all, so that nothing is ever skipped.
    """
