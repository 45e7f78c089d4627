"""The Discord side of the emoji bot. Imports no TensorFlow."""
