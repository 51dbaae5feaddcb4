"""One file per command: load, decide, save, record what happened."""
