class BenchError(Exception):
    """Ends the bench, because its figures would be meaningless."""
