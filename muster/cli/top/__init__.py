"""`muster top`: a running Muster at a glance, in a terminal. It reads what everybody may read."""
