"""Tests of what the law says: the rule pack, its judge, and the tasks of state power."""
