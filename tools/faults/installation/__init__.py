"""A small installation through what happens to it in its life: killed, full, restored, upgraded, changed."""
