"""The edge: the runtime and one folder per ERP."""
