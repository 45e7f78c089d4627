"""Text in, emoji out: the model side of the bot. Imports no discord, and TensorFlow only in `model.training`."""
