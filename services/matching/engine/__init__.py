"""The engine: pure functions from waiting requests and a pool of capabilities to a plan.

gate decides who may lawfully and actually serve, score orders those, allocate hands out free
capacity, explain says why and why not, and engine puts them together. No I/O, clock or randomness.
"""
