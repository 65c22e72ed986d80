"""The read model: the tables that views fill from the topics, and records, decisions and timelines as text.

`tables` and `order_states` are the tables (SQLAlchemy); the ``..._texts`` modules write the sentences and are pure. It
may import ``broker``, ``connector``, ``wire`` and the layers below, not ``operations``, ``testing`` or ``cli``.
"""
