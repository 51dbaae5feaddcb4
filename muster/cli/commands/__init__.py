"""What can be typed after `muster`. Every command loads what it needs when it runs."""
