"""Which pixels a model's answer hangs on, by four methods; every map has one channel a sequence.

Sources: Simonyan, Vedaldi and Zisserman, Deep inside convolutional networks, 2013 (arXiv:1312.6034), section
3, and Zhen et al. 2020, Figure 4 (gradient); Smilkov et al., SmoothGrad, 2017 (arXiv:1706.03825);
Sundararajan, Taly and Yan, Axiomatic attribution for deep networks, ICML 2017 (integrated gradients);
Selvaraju et al., Grad-CAM, ICCV 2017.
Importing this module does not load TensorFlow; calling its functions does.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError
from dls.imaging.resample import resize
from dls.nn.package import ModelPackage
from dls.nn.predict import Loaded, loaded, network_inputs

BATCH = 16
"""Image groups a step."""
SMOOTH_SAMPLES = 25
SMOOTH_LEVEL = 0.15
"""Noise of SmoothGrad as a share of the image group's range of values (Smilkov et al.: 0.1 to 0.2)."""
PATH_STEPS = 64
"""Points on the path of integrated gradients."""


class SaliencyMethod(StrEnum):
    """How a map is computed; the value is what the command line and addresses call it."""

    GRADIENT = "gradient"
    SMOOTH_GRAD = "smoothgrad"
    INTEGRATED = "integrated"
    GRAD_CAM = "gradcam"

    @property
    def label(self) -> str:
        """Name as it is printed."""
        return _LABELS[self]

    @property
    def meaning(self) -> str:
        """What a bright pixel says, in one sentence."""
        return _MEANINGS[self]

    @classmethod
    def parse(cls, text: str) -> SaliencyMethod:
        """Method from its value.

        Raises
        ------
        InputError
            when there is no such method.
        """
        if text not in list(cls):
            raise InputError("No such method of saliency", expected=", ".join(cls), got=repr(text))
        return cls(text)


_LABELS = {
    SaliencyMethod.GRADIENT: "gradient",
    SaliencyMethod.SMOOTH_GRAD: "SmoothGrad",
    SaliencyMethod.INTEGRATED: "integrated gradients",
    SaliencyMethod.GRAD_CAM: "Grad-CAM",
}
_MEANINGS = {
    SaliencyMethod.GRADIENT: "a small change here changes the loss most",
    SaliencyMethod.SMOOTH_GRAD: "a small change here changes the loss most, on average over noisy copies",
    SaliencyMethod.INTEGRATED: "this much of the answer came from here, against a black image",
    SaliencyMethod.GRAD_CAM: "the last convolution speaks for the class here; "
    "its one map is shared among the sequences by their gradients",
}


def saliency(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    target: int | None = None,
    method: SaliencyMethod = SaliencyMethod.GRADIENT,
    *,
    network: Loaded | None = None,
) -> NDArray[np.float32]:
    """Saliency (n, size, size, channels) of image groups, 0 or more.

    Parameters
    ----------
    pixels, clinical : as for `dls.nn.predict.predict`
    target : index of the class that is explained; None takes each group's predicted class
    network : of the package, with other weights; None takes its own

    Raises
    ------
    InputError
        when shapes do not match the package or there is no such class.
    """
    if method is SaliencyMethod.SMOOTH_GRAD:
        return smooth_grad(package, pixels, clinical, target, network=network)
    if method is SaliencyMethod.INTEGRATED:
        return np.abs(integrated_gradients(package, pixels, clinical, target, network=network)[0])
    if method is SaliencyMethod.GRAD_CAM:
        return grad_cam(package, pixels, clinical, target, network=network)
    return gradient_saliency(package, pixels, clinical, target, network=network)


def gradient_saliency(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    target: int | None = None,
    *,
    network: Loaded | None = None,
) -> NDArray[np.float32]:
    """Absolute gradient (n, size, size, channels) of the cross-entropy with respect to each input pixel.

    Their sum over channels is the L1 map.  Parameters and errors as for `saliency`.
    """
    model = network or loaded(package)
    inputs, wanted = _question(package, pixels, clinical, target)
    return np.abs(_gradients(model, inputs, wanted)[1][0])


def smooth_grad(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    target: int | None = None,
    *,
    samples: int = SMOOTH_SAMPLES,
    level: float = SMOOTH_LEVEL,
    seed: int = 2020,
    network: Loaded | None = None,
) -> NDArray[np.float32]:
    """Absolute mean of the gradients of `samples` copies with normal noise on their pixels.

    The class is the one predicted without noise.  Parameters and errors as for `saliency`, and

    Parameters
    ----------
    level : standard deviation of the noise as a share of the image group's range of values
    """
    model = network or loaded(package)
    inputs, wanted = _question(package, pixels, clinical, target)
    wanted = _predicted(model, inputs, wanted)
    random = np.random.default_rng(seed)
    images = inputs[0]
    sigma = level * (images.max(axis=(1, 2, 3), initial=0) - images.min(axis=(1, 2, 3), initial=0))
    total = np.zeros(images.shape, np.float64)
    for _ in range(samples):
        noise = random.normal(size=images.shape).astype(np.float32) * sigma[:, None, None, None]
        total += _gradients(model, [images + noise, *inputs[1:]], wanted)[1][0]
    return np.abs(total / samples).astype(np.float32)


def integrated_gradients(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    target: int | None = None,
    *,
    steps: int = PATH_STEPS,
    network: Loaded | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Contribution of each pixel to the class's log-probability, against a black image.

    The path is straight and its integral the midpoint rule over `steps` points; clinical data stay as given.
    Parameters and errors as for `saliency`.

    Returns
    -------
    contributions (n, size, size, channels), with sign
    what they must sum to (n,): log-probability of the class for the images less that for black ones
    """
    model = network or loaded(package)
    inputs, wanted = _question(package, pixels, clinical, target)
    wanted = _predicted(model, inputs, wanted)
    images, others = inputs[0], inputs[1:]
    mean = _path_mean(lambda part: _gradients(model, [images * part, *others], wanted)[1][0], steps)
    at_end = _gradients(model, inputs, wanted)[0]
    at_start = _gradients(model, [np.zeros_like(images), *others], wanted)[0]
    return (images * mean).astype(np.float32), at_end.astype(np.float64) - at_start


def grad_cam(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    target: int | None = None,
    *,
    network: Loaded | None = None,
) -> NDArray[np.float32]:
    """Grad-CAM on the image groups' pixels, shared among the sequences; the sum over channels is the map.

    The last convolution no longer knows the sequences.  In each of its cells the map is divided in proportion
    to the absolute gradient of each sequence's pixels there (the product that Selvaraju et al., section 3.3,
    call guided Grad-CAM, with plain gradients and made to sum to the map).  Parameters and errors as for
    `saliency`.
    """
    model = network or loaded(package)
    inputs, wanted = _question(package, pixels, clinical, target)
    size, parts = package.image_size, []
    compiled = model.grad_cam
    for here in _batches(len(pixels)):
        cam, gradient = (np.asarray(r) for r in compiled([i[here] for i in inputs], wanted[here]))
        parts.append(shared_cam(cam, gradient, size))
    return np.concatenate([np.zeros((0, *package.input_shape), np.float32), *parts])


def shared_cam(cam: NDArray[np.float32], gradient: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Grad-CAM (n, h, h) divided by the gradients (n, size, size, channels) and enlarged to their size."""
    cells = resize(np.moveaxis(np.abs(gradient), -1, 1).astype(np.float32), cam.shape[-1])
    whole = cells.sum(axis=1, keepdims=True)
    share = np.where(whole > 0, cells / np.where(whole > 0, whole, 1), 1 / cells.shape[1])
    return np.moveaxis(resize((cam[:, None] * share).astype(np.float32), size), 1, -1)


def _path_mean(gradient: Callable[[np.float32], NDArray[Any]], steps: int) -> NDArray[np.float64]:
    """Mean of a gradient over the path from 0 to 1, by the midpoint rule."""
    places = [np.float32((i + 0.5) / steps) for i in range(steps)]
    total = np.asarray(gradient(places[0]), np.float64)
    for place in places[1:]:
        total = total + gradient(place)
    return total / steps


def _question(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None,
    target: int | None,
) -> tuple[list[NDArray[np.float32]], NDArray[np.int32]]:
    """Inputs of the network and (n,) classes, -1 for the predicted one; otherwise as `saliency`."""
    if target is not None and not 0 <= target < len(package.classes):
        raise InputError(
            f"{package.spec.name} has no such class",
            expected=f"0 to {len(package.classes) - 1}",
            got=str(target),
        )
    inputs = [np.asarray(i, np.float32) for i in network_inputs(package, pixels, clinical)]
    return inputs, np.full(len(pixels), -1 if target is None else target, np.int32)


def _predicted(
    model: Loaded, inputs: list[NDArray[np.float32]], wanted: NDArray[np.int32]
) -> NDArray[np.int32]:
    """The classes with each -1 replaced by the class predicted for the inputs."""
    forward = model.forward
    parts = [np.asarray(forward([i[b] for i in inputs])[0]).argmax(axis=1) for b in _batches(len(wanted))]
    called = np.concatenate([np.zeros(0, np.int64), *parts])
    return np.where(wanted < 0, called, wanted).astype(np.int32)


def _gradients(
    model: Loaded, inputs: list[NDArray[np.float32]], wanted: NDArray[np.int32]
) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    """Log-probability (n,) of the classes, and its gradient by each input."""
    compiled = model.gradient
    values, slopes = [np.zeros(0, np.float32)], [[np.zeros((0, *i.shape[1:]), np.float32)] for i in inputs]
    for here in _batches(len(wanted)):
        value, slope = compiled([i[here] for i in inputs], wanted[here])
        values.append(np.asarray(value))
        for kept, part in zip(slopes, slope, strict=True):
            kept.append(np.asarray(part))
    return np.concatenate(values), [np.concatenate(s) for s in slopes]


def _batches(n: int) -> list[slice]:
    return [slice(start, start + BATCH) for start in range(0, n, BATCH)]
