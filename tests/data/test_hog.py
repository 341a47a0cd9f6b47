import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data.hog import Hog


def features(*images: NDArray[np.float64], cell: int = 4, block: int = 2) -> NDArray[np.float64]:
    hog = Hog(image_shape=(28, 28), orientations=9, cell=cell, block=block)
    return hog.fit(images).transform(np.stack(images).reshape(len(images), -1))


def test_blocks_of_cells_one_cell_apart() -> None:
    assert features(np.random.default_rng(0).random((28, 28))).shape == (1, 6 * 6 * 2 * 2 * 9)


def test_an_edges_direction_counts_and_not_its_sign() -> None:
    down = np.zeros((28, 28))
    down[:, 14:] = 1
    found = features(down, 1 - down, down.T).reshape(3, -1, 9)
    np.testing.assert_allclose(found[0], found[1])
    bins = found.sum(1).argmax(1)
    assert bins[0] == bins[1] != bins[2]
    assert not features(np.ones((28, 28))).any()
