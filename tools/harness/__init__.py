"""What tools and tests share: settings of a run, processes of the core, a proxy, a small disk, a false clock."""
