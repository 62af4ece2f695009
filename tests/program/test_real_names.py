"""The list of real attributes covers what is installed; the surface and the engine's own names aside."""

from __future__ import annotations

import pytest

from conformance.program.generate_real_names import current, source_names
from conformance.program.state import real_names

RENEW = "run `python -m conformance.program.generate_real_names`"


def test_it_covers_the_installed_torch_and_numpy_and_this_python():
    pytest.importorskip("torch", reason="the list is compared with the installed torch")
    assert current() - real_names() == set(), RENEW


def test_it_covers_the_reference_engine():
    assert source_names("reference_engine") - real_names() == set(), RENEW


def test_it_holds_what_opens_doors():
    opening = """
        numpy tofile gi_frame tb_frame f_globals co_code ag_frame cr_frame obj throw send format format_map
        share_memory_ ctypes dump apply_ with_traceback add_note get_submodule from_file func gen mro
        record_stream
    """
    assert set(opening.split()) <= real_names()


def test_natural_names_stay_free():
    assert not {"lin", "body", "tag", "fc1", "conv1", "first_layer", "seen", "factor", "hidden"} & real_names()
