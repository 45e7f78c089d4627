"""What `python -m scripts.benchmark` measures: one benchmark a file, `suite` calls them, `page` and `picture` show them."""
