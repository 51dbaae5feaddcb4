"""The words all services share. Domain code may import this package and the standard library only."""
