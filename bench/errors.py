class BenchError(Exception):
    """Something is not as it has to be, so that figures would mean nothing: ends the bench."""
