"""The systemd units of the repository, and what runs in them."""

from pathlib import Path

UNITS = sorted(Path("deploy/systemd").glob("*.service"))


PROGRAM = "/srv/kranhub/venv/bin/kranhub"
