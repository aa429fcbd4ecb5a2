"""The one table of work: what waits, what is done, what is parked."""
