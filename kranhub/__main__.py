"""``python -m kranhub``."""

from kranhub.cli import main

main()
