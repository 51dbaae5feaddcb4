"""The operating manual, obeyed: what it says to type is typed, on real servers under load."""
