"""Settings of a run of one's own: a namespace that nobody else has, on an embedded stack in a folder of its own."""

import uuid
from pathlib import Path

from deploy import omsk
from kranhub.settings import Settings

REPOSITORY = Path(__file__).parents[2]


def new_namespace() -> str:
    """Return a namespace that no other run has, such as ``t1a2b3c4.``."""
    return f"t{uuid.uuid4().hex[:7]}."


def settings_in(folder: Path, namespace: str) -> Settings:
    """Return settings of an embedded stack in this folder with Omsk's files, independent of the environment."""
    return Settings(
        data_dir=folder,
        namespace=namespace,
        **omsk.FILES,
        kafka_bootstrap=None,
        registry_url=None,
        stack="embedded",
    )
