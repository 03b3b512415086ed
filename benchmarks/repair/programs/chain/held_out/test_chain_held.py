import random

import pytest
from chain import Chain


@pytest.mark.parametrize("seed", range(60))
def test_like_a_list(seed):
    chance = random.Random(seed)
    chain, model = Chain(), []
    for _ in range(25):
        what, value = chance.choice("aaprrv"), chance.randrange(4)
        if what == "a":
            chain.append(value)
            model.append(value)
        elif what == "p":
            chain.prepend(value)
            model.insert(0, value)
        elif what == "r":
            assert chain.remove(value) is (value in model)
            if value in model:
                model.remove(value)
        else:
            chain.reverse()
            model.reverse()
        assert list(chain) == model
        assert len(chain) == len(model)
        for place in range(len(model)):
            assert chain.from_end(place) == model[-1 - place]


@pytest.mark.parametrize("length", range(5))
@pytest.mark.parametrize("beyond", range(3))
def test_beyond_the_start(length, beyond):
    with pytest.raises(IndexError):
        Chain(range(length)).from_end(length + beyond)


def test_remove_until_empty_and_start_again():
    chain = Chain([1])
    assert chain.remove(1)
    assert list(chain) == [] and len(chain) == 0
    chain.append(5)
    chain.append(6)
    assert list(chain) == [5, 6]
