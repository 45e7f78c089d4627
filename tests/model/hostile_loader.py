"""Loads bundles in a process of its own, and says what each cost: `python -m tests.model.hostile_loader FOLDER...`.

One JSON object a line: the sentence of the refusal, null where there was none; seconds of the processor; bytes by which
the process grew.
"""

import json
import resource
import sys
import time
from pathlib import Path

from model.bundle import PRETRAINED, BundleError
from model.predictor import Predictor

if __name__ == "__main__":
    Predictor.load(PRETRAINED).predict("everything is imported, and has its memory")
    for folder in sys.argv[1:]:
        before, started, refusal = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time(), None
        try:
            Predictor.load(Path(folder))
        except BundleError as error:
            refusal = str(error)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        print(json.dumps({"refusal": refusal, "seconds": time.process_time() - started, "grown": grown}), flush=True)  # noqa: T201
