"""Lets `python -m muster` do what the `muster` command does."""

from muster.cli.main import main

main()
