"""Which pixels a model's answer hangs on: the gradient of the loss with respect to the input.

Source: Simonyan, Vedaldi and Zisserman, Deep inside convolutional networks: visualising image classification
models and saliency maps, 2013 (arXiv:1312.6034), section 3; Zhen et al. 2020, Figure 4.
Importing this module does not load TensorFlow; calling its functions does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError
from dls.nn.package import ModelPackage
from dls.nn.predict import loaded, network_inputs

BATCH = 16
"""Image groups a step."""


def gradient_saliency(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    target: int | None = None,
) -> NDArray[np.float32]:
    """Absolute gradient (n, size, size, channels) of the cross-entropy with respect to each input pixel.

    One channel a sequence of the model; their sum over channels is the L1 map.

    Parameters
    ----------
    pixels, clinical : as for `dls.nn.predict.predict`
    target : index of the class whose loss is taken; None takes each group's predicted class

    Raises
    ------
    InputError
        when shapes do not match the package or there is no such class.
    """
    if target is not None and not 0 <= target < len(package.classes):
        raise InputError(
            f"{package.spec.name} has no such class",
            expected=f"0 to {len(package.classes) - 1}",
            got=str(target),
        )
    inputs = network_inputs(package, pixels, clinical)
    gradient = loaded(package).gradient
    maps = [np.zeros((0, *package.input_shape), np.float32)]
    for start in range(0, len(pixels), BATCH):
        batch = [np.asarray(part[start : start + BATCH], dtype=np.float32) for part in inputs]
        maps.append(np.asarray(gradient(batch, -1 if target is None else target)))
    return np.concatenate(maps)
