"""The words all services share; domain code imports this and the standard library only."""
