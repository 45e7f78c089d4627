"""Command lines over `model`; each runs as `python -m scripts.NAME`."""
