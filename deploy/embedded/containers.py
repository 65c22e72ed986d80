"""Placeholder until the Docker backend is written."""

from deploy.embedded.progress import Progress
from deploy.embedded.record import Ports, Record
from kranhub.settings import Settings


class Containers:
    def __init__(self, settings: Settings, progress: Progress) -> None: ...
    def start(self, wanted: Ports, last: Record) -> Record:
        raise NotImplementedError

    def stop(self, last: Record) -> list[str]:
        raise NotImplementedError

    def runs(self, last: Record) -> bool:
        raise NotImplementedError
