"""Event files: read back with TensorFlow's own record reader, in the form TensorBoard's scalar page reads."""

import pytest

from dls.nn.tensorboard import EventLog
from dls.nn.tensorflow_home import tf
from tests.nn.test_history import RECORDS


def scalars(folder):
    (path,) = folder.iterdir()
    found = {}
    for record in tf.data.TFRecordDataset(str(path)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            assert value.metadata.plugin_data.plugin_name == "scalars"
            assert value.metadata.data_class == 1  # DATA_CLASS_SCALAR
            found[value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    return found


def test_scalars_have_their_epoch(tmp_path):
    log = EventLog(tmp_path / "log", RECORDS[:1])
    log.add(RECORDS[1])
    log.close()
    found = scalars(tmp_path / "log")
    assert found["loss", 1] == 1.5
    assert found["unseen_accuracy", 2] == 0.375
    assert found["learning_rate", 2] == pytest.approx(0.1)
    assert ("unseen_loss", 1) not in found


def test_a_training_that_is_taken_up_again_has_every_epoch_once(tmp_path):
    EventLog(tmp_path / "log", RECORDS).close()
    EventLog(tmp_path / "log", RECORDS[:1]).close()
    assert {step for _, step in scalars(tmp_path / "log")} == {1}
