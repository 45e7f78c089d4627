"""One migration a file, in order. What is released stays as it is."""
