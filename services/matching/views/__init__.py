"""How matching's things look from outside: one file a noun."""
