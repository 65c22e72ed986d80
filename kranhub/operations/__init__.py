"""How processes run: supervision, locks, signals, health, metrics, logs, and the recovery after a restore.

`supervision` runs and restarts a command's children, `folder_lock` and `single_instance` keep a second one away,
`logs`, `health` and `metrics_server` show how a process is, `status` and `doctor` check the installation, `recovery`
reads how far a restore has been worked off. It may import ``broker``, ``connector``, ``wire`` and the layers below, not
``readmodel``, ``testing`` or ``cli``.
"""
