"""What `python -m scripts.benchmark` measures: one benchmark a file, called by `suite`, shown by `page`."""
