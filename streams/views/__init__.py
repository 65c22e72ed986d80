"""Views: what people look at, folded from hub.events into the read model by Faust agents. Rebuildable at any time."""
