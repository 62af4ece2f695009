"""Streams of random numbers: `torch.Generator`, the default generators, `torch.random`.

The rule: one Mersenne Twister (mt19937) per device, seeded with the low 32 bits of the seed; every draw takes
a fixed number of its 32-bit words, see sampling.py. The same seed therefore gives the same numbers as torch
on a CPU (at::CPUGeneratorImpl, at::mt19937).
"""

import contextlib
import os
import struct

import numpy as np

DEFAULT_SEED = 67280421310721
_WORD = 1 << 32


class Generator:
    """The state of one stream of random numbers (torch.Generator).

    The twister is made at the first draw, so that seeding costs nothing where nothing is drawn.
    """

    __slots__ = ("_seed", "_spare_normal", "_twister", "device")

    def __init__(self, device="cpu"):
        from .devices import device as device_type

        self.device = device_type(device)
        self._start(DEFAULT_SEED)

    def _start(self, seed):
        self._seed = seed
        self._twister = None
        self._spare_normal = None

    def manual_seed(self, seed):
        """Restart the stream from `seed`, any integer from -2**63 to 2**64 - 1; returns the generator.

        Raises ValueError beyond that range.
        """
        seed = int(seed)
        if not -(1 << 63) <= seed < 1 << 64:
            raise ValueError("Overflow when unpacking long long")
        self._start(seed % (1 << 64))
        return self

    def seed(self):
        """Restart the stream from a seed taken from the operating system, and return that seed."""
        self._start(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self):
        """The seed that the stream started from."""
        return self._seed

    def words(self, count):
        """The next `count` 32-bit words, as uint64."""
        if self._twister is None:
            self._twister = np.random.MT19937()
            self._twister._legacy_seeding(self._seed % _WORD)
        return self._twister.random_raw(count)

    def long_words(self, count):
        """The next `count` 64-bit words, each made of two draws, the first in the high half."""
        halves = self.words(2 * count)
        return (halves[0::2] << np.uint64(32)) | halves[1::2]

    def _position(self):
        return self._seed, None if self._twister is None else self._twister.state, self._spare_normal

    def _resume(self, seed, twister_state, spare_normal):
        self._start(seed)
        if twister_state is not None:
            self.words(0)
            self._twister.state = twister_state
        self._spare_normal = spare_normal

    # The layout and size of torch's own saved state.
    _LAYOUT = struct.Struct("<QiiQ624Qdddi4xfB3x")

    def _state_bytes(self):
        if self._twister is None:
            self.words(0)
        twister = self._twister.state["state"]
        position = int(twister["pos"])
        spare = self._spare_normal
        return self._LAYOUT.pack(
            self._seed,
            625 - position,  # words left before the next twist
            1,
            position % 624,
            *(int(word) for word in twister["key"]),
            0.0,
            0.0 if spare is None else spare,
            0.0,
            int(spare is not None),
            0.0,
            0,
        )

    def _restore_bytes(self, data):
        seed, left, _, _, *rest = self._LAYOUT.unpack(data)
        self._start(seed)
        self.words(0)
        key = np.array(rest[:624], dtype=np.uint32)
        self._twister.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 625 - left}}
        self._spare_normal = rest[625] if rest[627] else None

    def get_state(self):
        """The whole state as a uint8 tensor of 5056 elements."""
        from .creation import tensor
        from .dtypes import uint8

        return tensor(list(self._state_bytes()), dtype=uint8, device="cpu")

    def set_state(self, new_state):
        """Continue from a state that `get_state` gave. Raises TypeError or RuntimeError for anything else."""
        from .dtypes import uint8

        kind = type(new_state).__name__
        if not hasattr(new_state, "dtype"):
            raise TypeError(f"expected a torch.ByteTensor, but got {kind}")
        if new_state.dtype != uint8 or new_state.device.type != "cpu":
            raise TypeError("RNG state must be a torch.ByteTensor")
        if new_state.numel() != self._LAYOUT.size:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {self._LAYOUT.size} "
                f"but found the input RNG state size to be {new_state.numel()}"
            )
        self._restore_bytes(bytes(new_state.tolist()))
        return self

    def clone_state(self):
        """A generator of its own that continues where this one stands."""
        twin = Generator(self.device)
        twin._restore_bytes(self._state_bytes())
        return twin

    def __repr__(self):
        return f"<torch._C.Generator object at {id(self):#x}>"


default_generator = Generator()
_accelerator_generator = Generator("cuda")


def generator_for(device_type):
    """The default generator of a device type; meta tensors draw nothing and share the host's."""
    return _accelerator_generator if device_type == "cuda" else default_generator


# ---------------------------------------------------------------- torch.random


def manual_seed(seed):
    """Seed the generators of all devices and return the host's.

    Raises ValueError as `Generator.manual_seed` does.
    """
    _accelerator_generator.manual_seed(seed)
    return default_generator.manual_seed(seed)


def seed():
    """Seed the generators of all devices from the operating system; returns the seed."""
    fresh = default_generator.seed()
    _accelerator_generator.manual_seed(fresh)
    return fresh


def initial_seed():
    """The seed that the host's generator started from."""
    return default_generator.initial_seed()


def get_rng_state():
    """The state of the host's generator, a uint8 tensor."""
    return default_generator.get_state()


def set_rng_state(new_state):
    """Continue the host's generator from a state that `get_rng_state` gave."""
    default_generator.set_state(new_state)


def snapshot():
    """Where all default generators stand, for `restore`; cheaper than a state tensor."""
    return [generator._position() for generator in (default_generator, _accelerator_generator)]


def restore(positions):
    """Continue all default generators from where `snapshot` found them."""
    for generator, position in zip((default_generator, _accelerator_generator), positions, strict=True):
        generator._resume(*position)


@contextlib.contextmanager
def fork_rng(devices=None, enabled=True, device_type="cuda"):
    """Within the block draws go on as usual; after it the generators stand where they stood before."""
    if not enabled:
        yield
        return
    positions = snapshot()
    try:
        yield
    finally:
        restore(positions)


def reset_generators():
    """Every default generator as a fresh process has it."""
    for generator in (default_generator, _accelerator_generator):
        generator._start(DEFAULT_SEED)
