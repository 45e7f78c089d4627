"""What users meet, one cog a file."""
