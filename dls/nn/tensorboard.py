"""A training's curves as TensorBoard event files.  Loads TensorFlow at once.

Scalars are written as TensorBoard's own plugin writes them, so that the files can be made where TensorBoard
is not installed: the summary metadata names the plugin "scalars" and the data class "scalar".
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from dls.nn.history import EpochRecord
from dls.nn.tensorflow_home import tf

DATA_CLASS_SCALAR = 1
"""Number in TensorFlow's summary.proto, which its Python interface does not name."""
SCALARS = ("loss", "accuracy", "learning_rate", "unseen_loss", "unseen_accuracy")


class EventLog:
    """Event file of one training in a folder of its own; the epochs so far are written again."""

    def __init__(self, folder: Path, history: Sequence[EpochRecord]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._writer = tf.summary.create_file_writer(str(folder))
        self._metadata = tf.compat.v1.SummaryMetadata(
            plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"),
            data_class=DATA_CLASS_SCALAR,
        )
        for record in history:
            self.add(record)

    def add(self, record: EpochRecord) -> None:
        """Write one epoch's scalars."""
        with self._writer.as_default(step=record.epoch):
            for name in SCALARS:
                value = getattr(record, name)
                if value is not None:
                    tf.summary.write(name, tf.constant(value, tf.float32), metadata=self._metadata)
        self._writer.flush()

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
