"""The real bot under load, on the local wire server: `python -m tests.load.burst` and `python -m tests.load.soak`."""
