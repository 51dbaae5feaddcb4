"""One file per command of notify."""
