"""Which layer now: never more than the tile needs, never more than the budget allows, and only what is alive."""

from collections.abc import Sequence

from sfu.router.producer import Layer

ENOUGH = 0.75  # a layer of three quarters of the tile's width looks as good as the next one


def ceiling(layers: Sequence[Layer], width: int) -> int:
    """Index of the smallest layer that fills a tile of `width` device pixels."""
    for index, layer in enumerate(layers):
        if layer.width >= width * ENOUGH:
            return index
    return len(layers) - 1


def pick(layers: Sequence[Layer], *, width: int, highest: int | None = None) -> Layer | None:
    """The layer for a tile; `highest` is the budget's word: an index, or -1 for none at all.

    While nothing is alive yet the lowest is named, because it starts first; when the layer that fits has stopped, the
    next lower one that lives is, and only then a higher one (a browser short of bandwidth stops the top layer).
    """
    if not layers or highest == -1:
        return None
    top = ceiling(layers, width)
    if highest is not None:
        top = min(top, highest)
    for layer in reversed(layers[: top + 1]):
        if layer.live:
            return layer
    if highest is None:
        for layer in layers[top + 1 :]:
            if layer.live:
                return layer
    return layers[0]
