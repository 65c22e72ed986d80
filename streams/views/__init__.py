"""Views: what people look at, folded from hub.events into the read model by Faust agents.

They decide which tables and rows an event changes; a view can be rebuilt from the events at any time, and no stage
reads it. They import the kernel (`kranhub`), with its read model, and Faust, but neither `streams.admin` nor
`streams.cli`; nothing but a command imports them.
"""
