"""A small installation through the events of its life: killed, full, restored, upgraded, changed."""
