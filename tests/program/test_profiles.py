"""Profiles: every area in one of them, every case in the last that it uses, counts that add up."""

from __future__ import annotations

import pytest

from conformance.exceptions import SpecError
from conformance.load import load, load_text
from conformance.program.profiles import Profiles, uses
from conformance.program.surface import parse, surface

SURFACE = """\
areas:
  - area: plain
    about: Plain.
    torch: {functions: [ones, cat], classes: [Size]}
    tensor: {reads: [add, names], writes: [backward]}
    text: {reads: [index]}
  - area: hooks
    about: Hooks.
    tensor: {writes: [register_hook]}
    node: {reads: [_saved_*, index]}
  - area: forward
    about: Forward mode.
    torch: {functions: [autograd.forward_ad.make_dual]}
profiles:
  - {profile: core, about: The core., areas: [plain]}
  - {profile: hooks, about: Hooks., areas: [hooks], keywords: [create_graph]}
  - {profile: forward, about: Forward., areas: [forward], needs: [cuda]}
"""
CASE = """\
title: One
cases:
  - case: one
    needs: {needs}
    steps:
      - run: "{run}"
        expect: {{{expect}: 1.}}
"""


def case(run: str, expect: str = "x", needs: str = "[threads]"):
    text = CASE.format(run=run, expect=expect, needs=needs)
    return load_text(text, "a/b.yaml", "a/b.yaml", check_programs=False).cases[0]


@pytest.mark.parametrize(
    ("run", "expect", "needs", "profile"),
    [
        ("x = torch.ones(1)", "x", "[threads]", "core"),
        ("x = 1", "x", "[threads]", "core"),
        ("x.register_hook(f)", "x", "[threads]", "hooks"),
        ("x = torch.ones(1)", "x.grad_fn._saved_self", "[threads]", "hooks"),
        ("x.backward(create_graph=True)", "x", "[threads]", "hooks"),
        ("x.backward(retain_graph=True)", "x", "[threads]", "core"),
        ("x = torch.autograd.forward_ad.make_dual(a, b)", "x", "[threads]", "forward"),
        ("x.register_hook(lambda g: torch.autograd.forward_ad.make_dual(g, g))", "x", "[threads]", "forward"),
        ("x = 1", "x", "[cuda]", "forward"),
        # `index` stands in two areas: it says no more than the first.
        ("x = s.index(t)", "x", "[threads]", "core"),
    ],
)
def test_a_case_belongs_to_the_last_profile_that_it_uses(run, expect, needs, profile):
    assert Profiles(parse(SURFACE, "surface.yaml")).of(case(run, expect, needs)) == profile


def test_what_a_case_uses():
    table = parse(SURFACE, "surface.yaml")
    found = uses(case("x = torch.cat([torch.ones(1).add(y, alpha=2)])", "torch.Size.index"), table)
    assert found.paths == {"cat", "ones", "Size"}
    assert found.members == {"add", "index"}
    assert found.keywords == {"alpha"}


def test_what_a_profile_demands_counts_cases():
    profiles = Profiles(parse(SURFACE, "surface.yaml"))
    demanded = profiles.demanded([case("x = torch.ones(torch.ones(1))"), case("x = torch.ones(1).add(1)")])
    assert [(entry.name, count) for entry, count in demanded] == [("ones", 2), ("add", 1)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("areas: [plain]}", "areas: [plane]}", "surface.yaml:15:1: surface: profile `core`: no area is called `plane`"),
        (
            "areas: [hooks]",
            "areas: [hooks, plain]",
            "surface.yaml:16:1: surface: profile `hooks`: the area `plain` stands in two",
        ),
        ("areas: [forward]", "areas: []", "surface.yaml:1:1: surface: the area `forward` is in no profile"),
        ("about: The core., ", "", "surface.yaml:15:5: surface: a profile without `about`"),
        ("profile: hooks", "profile: core", "surface.yaml:16:5: surface: profile `core` twice"),
        ("keywords:", "keyword:", "unknown key `keyword`"),
    ],
)
def test_a_mistake_in_the_profiles_is_told_with_its_line(old, new, said):
    with pytest.raises(SpecError) as caught:
        parse(SURFACE.replace(old, new), "surface.yaml")
    assert said in str(caught.value)


def test_the_project_has_the_profiles_that_engines_claim():
    names = [profile.name for profile in surface().profiles]
    assert sorted(names) == sorted(
        ["core", "views-and-inplace", "nn-optim", "hooks", "functions", "higher-order", "forward-mode", "devices"]
    )


def test_every_profile_has_cases_enough_to_be_worth_claiming():
    profiles = Profiles()
    found = [profiles.of(one) for file in load(None, check_programs=False) for one in file.cases]
    assert all(found.count(profile.name) >= 20 for profile in profiles.all)
