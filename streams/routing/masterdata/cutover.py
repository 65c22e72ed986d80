"""How far a member is taken over into the hub, as an entry of the master data."""

from pydantic import BaseModel, ConfigDict

from kranhub.parties.members import CutoverMode, MemberId


class Cutover(BaseModel):
    """How far a member is taken over: the content of an entry of the master data, whose key is the member."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    member: MemberId
    mode: CutoverMode = CutoverMode.LIVE
