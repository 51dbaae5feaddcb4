"""Jobs, check-ins, incidents, timelines."""
