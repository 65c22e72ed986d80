"""kranhub's kernel: what every room shares."""
