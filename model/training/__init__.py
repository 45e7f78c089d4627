"""Training: the only code that imports TensorFlow (extra `train`)."""
