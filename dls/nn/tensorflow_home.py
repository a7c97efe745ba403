"""The one place where TensorFlow and Keras are imported: with the TensorFlow backend and without log noise.

Importing this module takes seconds and hundreds of megabytes; modules that the web process imports do so only
inside functions.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["keras", "tf"]


@contextmanager
def _native_messages_held() -> Iterator[None]:
    """Hold what native code prints to file descriptor 2 back, and show it if the import fails.

    TensorFlow prints notices about oneDNN and missing CUDA libraries before its own log level is in force.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

with _native_messages_held(), warnings.catch_warnings():
    warnings.simplefilter("ignore")  # deprecations inside the two libraries' own import
    import keras
    import tensorflow as tf

    tf.config.list_physical_devices()  # the first look for accelerators prints too
    tf.get_logger().setLevel("ERROR")  # seven networks with a function each are no sign of retracing
