"""How the files of the rule pack are written; rules/README.md explains each field."""
