"""The seven networks: training, packages, prediction, saliency.  TensorFlow lives here, imported lazily.

`data`, `config`, `package`, `predict`, `saliency`, `train` and `worker` may be imported anywhere: they load
TensorFlow when a function of theirs needs it.  `tensorflow_home`, `backbone` and `network` load it at once.
"""
