"""`muster dead-letters`: what no worker could handle, for whoever is to decide about it."""
