"""`muster demo`: the whole journey through the public API, with an alliance that is simulated."""
