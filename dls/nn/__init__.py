"""The seven networks: training, packages, prediction, explanation.  TensorFlow lives here, imported lazily.

Most modules may be imported anywhere: they load TensorFlow when a function of theirs needs it.  Those that
load it at once are for the functions of others: `tensorflow_home`, `backbone`, `network`, `augmentation`,
`batches`, `distribution`, `training_step`, `tensorboard`, `fit` and `gradients`.
"""
