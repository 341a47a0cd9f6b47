import numpy as np
import pytest
import torch
from torch import Tensor

from fmnist_bench.nets.gru_svm import GruSvm


def net(**changed: float) -> GruSvm:
    torch.manual_seed(0)
    arguments = {"cells": 6, "input_dropout": 0.0, "carried": 0, "head_bias": 0.1}
    return GruSvm(**{**arguments, "sign_rule": False, "num_classes": 10, **changed})


def images(count: int) -> Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def test_states_follow_tensorflows_cell() -> None:
    """tf.nn.rnn_cell.GRUCell by hand: r, u = sigmoid([x, h] W + b), c = tanh([x, r h] W + b)."""
    found = net()
    w, b, wc, bc, head, head_bias = (p.detach().double().numpy() for p in found.parameters())
    expected = []
    for image in images(3).double().numpy():
        state = np.zeros(6)
        for row in image[0]:
            gates = 1 / (1 + np.exp(-(w @ np.concatenate((row, state)) + b)))
            candidate = np.tanh(wc @ np.concatenate((row, gates[:6] * state)) + bc)
            state = gates[6:] * state + (1 - gates[6:]) * candidate
        expected.append(head @ state + head_bias)
    np.testing.assert_allclose(found(images(3)).detach(), np.array(expected), atol=1e-5)
    assert (b == 1).all() and not bc.any() and (head_bias == np.float32(0.1)).all()


def test_the_sign_rule_takes_the_first_class_with_the_highest_sign() -> None:
    plain, signed = net().eval(), net(sign_rule=True).eval()
    with torch.no_grad():
        for each in (plain, signed):
            each.head.weight.mul_(20)
            each.head.bias.fill_(-0.5)
        scores = plain(images(300)).numpy()
        # np.argmax takes the first of equals.
        expected = np.sign(scores).argmax(1)
        found = signed(images(300))
    assert np.array_equal(found.argmax(1), expected)
    assert np.array_equal(found.softmax(1).argmax(1), expected)
    assert (expected != scores.argmax(1)).any()
    assert torch.equal(signed.train()(images(3)), plain(images(3)))


def test_states_carry_over_from_batch_to_batch_in_training_only() -> None:
    carrying, fresh = net(carried=4), net()
    first, second = images(8).split(4)
    assert torch.equal(carrying(first), fresh(first))
    again = carrying(second)
    # As if the rows of the first batch had come before those of the second.
    longer = torch.cat((first, second), dim=2)
    torch.testing.assert_close(again, fresh(longer))
    assert not torch.allclose(again, fresh(second))
    state = carrying.carried.clone()
    assert torch.equal(carrying.eval()(second), fresh(second))
    carrying.train()(images(3))  # another size begins with zeros and carries nothing
    assert torch.equal(carrying.carried, state)
    again.sum().backward()  # nothing reaches back into the batch before
    assert "carried" in carrying.state_dict()


def test_pixels_are_dropped_in_training() -> None:
    found = net(input_dropout=0.5)
    assert not torch.equal(found(images(2)), found(images(2)))


@pytest.mark.parametrize(("cells", "parameters"), [(256, 221_450), (32, 6_186)])
def test_parameters_are_the_sources(cells: int, parameters: int) -> None:
    assert sum(each.numel() for each in net(cells=cells).parameters()) == parameters
