"""The `muster` command. The only room that knows which services there are."""
