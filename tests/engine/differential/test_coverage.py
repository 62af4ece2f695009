"""Whatever the engine's surface computes is in the catalogue: an operation without an entry fails here."""

from __future__ import annotations

import re

import pytest

import reference_engine
from reference_engine.ops.table import ROWS

from .families import catalogue

ELSEWHERE = {
    "state of the engine, printing and random states: tests of modes, printing and random numbers": """
        are_deterministic_algorithms_enabled get_default_device get_default_dtype get_num_threads get_rng_state
        initial_seed is_anomaly_check_nan_enabled is_anomaly_enabled is_deterministic_algorithms_warn_only_enabled
        is_grad_enabled is_inference_mode_enabled is_warn_always_enabled manual_seed reset_state seed
        set_anomaly_enabled set_default_device set_default_dtype set_num_threads set_printoptions set_rng_state
        set_warn_always use_deterministic_algorithms get_deterministic_debug_mode
        set_deterministic_debug_mode is_autocast_enabled is_autocast_cpu_enabled""",
    "facts of a tensor, which every comparison here reads": """
        data_ptr dim element_size get_device is_complex is_conj is_contiguous is_floating_point is_inference is_neg
        is_nonzero is_set_to is_same_size is_signed is_storage is_tensor ndimension nelement numel size storage
        storage_offset stride typename untyped_storage numpy is_shared is_pinned is_distributed dim_order
        has_names storage_type nbytes""",
    "autograd's own methods: tests of mechanics": """
        backward register_hook register_post_accumulate_grad_hook requires_grad_ retain_grad reinforce as_subclass""",
    "memory and devices: tests of mechanics": """
        cpu cuda share_memory_ resize_ set_ from_numpy apply_ map_ record_stream pin_memory frombuffer from_file
        resize_as_ resize resize_as map2_ from_dlpack ipu xpu module_load""",
    "not modelled: raise as such": """
        align_to align_as coalesce refine_names rename rename_ to_dense to_mkldnn to_sparse to_sparse_bsc
        to_sparse_bsr to_sparse_csc to_sparse_csr names_""",
    "steps of recurrent layers, attention and parametrizations: tests of nn": """
        gru_cell lstm_cell rnn_relu_cell rnn_tanh_cell multi_head_attention_forward norm_except_dim""",
    "older names of constructors: tests of legacy constructors": """
        BoolTensor ByteTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor ShortTensor CharTensor
        BFloat16Tensor new""",
}
EXCUSED = {name for names in ELSEWHERE.values() for name in names.split()}
TEXT = "\n".join(
    text
    for operation in catalogue().values()
    for text in (*operation.calls, operation.prepare, *map(str, operation.choices))
)
NAMED = set(re.findall(r"\.(\w+)", TEXT))


def surfaces():
    """The public names of the surface with what they are: (shown, name, object)."""
    places = {
        "Tensor": reference_engine.Tensor, "torch": reference_engine, "nn.functional": reference_engine.nn.functional,
        "linalg": reference_engine.linalg, "special": reference_engine.special,
    }  # fmt: skip
    for title, place in places.items():
        for name in dir(place):
            value = getattr(place, name)
            module = getattr(value, "__module__", "") or ""
            ours = module.startswith(("reference_engine", "torch")) or not module
            if not name.startswith("_") and callable(value) and not isinstance(value, type) and ours:
                yield pytest.param(name, value, id=f"{title}.{name}")


def _entered() -> set:
    """The functions that entries call, under whatever name: an alias is the same object."""
    places = (reference_engine, reference_engine.Tensor, reference_engine.nn.functional, reference_engine.linalg,
              reference_engine.special)  # fmt: skip
    return {id(getattr(place, name)) for place in places for name in NAMED if hasattr(place, name)}


ENTERED = _entered()


@pytest.mark.parametrize(("name", "value"), list(surfaces()))
def test_is_in_the_catalogue(name, value):
    in_catalogue = name in NAMED or id(value) in ENTERED
    assert in_catalogue or name in EXCUSED, "register it: see tests/engine/differential/README.md"


def test_no_excuse_for_what_is_in_the_catalogue():
    called = {
        match[1] for o in catalogue().values() for c in o.calls if (match := re.match(r"(?:x|torch|F)\.(\w+)\(", c))
    }
    assert not EXCUSED & called


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_is_reached(row):
    """A row is public under a name that is covered; or it is a part of others, and has a name that none can call."""
    for name in () if row.name.startswith("_") else (row.name, row.name + "_"):
        public = [getattr(place, name, None) for place in (reference_engine, reference_engine.Tensor)]
        for value in filter(callable, public):  # `torch.random` is a module, the row of that name public as `random_`
            assert id(value) in ENTERED or name in NAMED | EXCUSED, "register it: see README.md"


def test_an_unknown_operation_would_fail():
    with pytest.raises(AssertionError):
        test_is_in_the_catalogue("new_operation", lambda x: x)
