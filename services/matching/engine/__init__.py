"""The engine: pure functions from waiting requests and a pool of capabilities to a plan.

gate and law decide who may lawfully, and can actually, serve; score orders those; tiers hand out
free capacity by way of the allocator; explain says why and why not; engine puts them together.
No I/O, no randomness, and no clock but the one that is handed in.
"""
