import itertools

from fmnist_bench.streams import stream_seed


def test_streams_seeds_and_epochs_never_share_a_seed() -> None:
    positions = itertools.product(range(20), ("init", "shuffle", "augment", "dropout"), range(50))
    seeds = [stream_seed(seed, stream, epoch) for seed, stream, epoch in positions]
    assert len(set(seeds)) == len(seeds) == 4000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_stream_stays_what_it_is() -> None:
    # A change here would make every published run irreproducible.
    assert stream_seed(0, "shuffle", 0) == 2918264622725855778
