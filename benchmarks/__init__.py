"""How fast Muster is, beside what else one could do, in one run: `make bench`."""
