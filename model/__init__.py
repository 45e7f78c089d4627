"""Text in, emoji out: the model side of the bot. Imports no discord, and TensorFlow only in `model.training`."""

import os

# ONNX Runtime 1.29 and newer reports its use to its maker over the network, unless this is set before its import.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
