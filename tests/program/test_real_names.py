"""The list of real attributes covers what is installed; the surface and the engine's own names aside."""

from __future__ import annotations

import pytest

from conformance.program.generate_real_names import SOURCES, names_of, seen, source_names, version_of
from conformance.program.state import real_names

RENEW = "run `python -m conformance.program.generate_real_names`"


@pytest.mark.parametrize("source", SOURCES)
def test_it_covers_what_is_installed(source):
    if version_of(source) not in seen():
        pytest.skip(f"no names of {version_of(source)} are listed yet: {RENEW} there")
    assert names_of(SOURCES[source]()) - real_names() == set(), RENEW


def test_it_has_seen_the_torch_whose_behaviour_is_pinned():
    assert {"torch 2.13", "Python 3.11"} <= seen()


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
