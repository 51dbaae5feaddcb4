"""What `muster doctor` finds, well and not well."""
