"""The simulated alliance, the demo and the replay."""
