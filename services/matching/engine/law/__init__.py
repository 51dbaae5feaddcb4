"""The law as data: what each jurisdiction demands, and what that says of one candidate."""
