"""Who must know what, and when to try again: rules as plain Python."""
