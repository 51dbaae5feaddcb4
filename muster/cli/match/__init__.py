"""`muster match`: the matching engine on a scenario from a file, without server or store."""
