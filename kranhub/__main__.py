"""``python -m kranhub``."""

from kranhub.cli.main import main

main()
