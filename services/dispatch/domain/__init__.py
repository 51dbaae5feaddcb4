"""The rules of jobs, check-ins and incidents, as plain Python."""
