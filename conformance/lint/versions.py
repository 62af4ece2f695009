"""Whether version specifiers divide all releases among themselves: each in one of them, none in two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def misplaced(specifiers: Sequence[str]) -> tuple[str, list[str]] | None:
    """The first release that does not lie in exactly one of the specifiers, with those that it lies in.

    Membership changes only around the releases that the specifiers name, so these and the releases on
    either side of each are all there is to try.
    """
    from packaging.specifiers import SpecifierSet

    sets = {text: SpecifierSet(text) for text in specifiers}
    for release in sorted({near for text in specifiers for near in _around(text)}):
        version = ".".join(map(str, release))
        inside = [text for text, one in sets.items() if version in one]
        if len(inside) != 1:
            return version, inside
    return None


def _around(specifiers: str) -> Iterator[tuple[int, int, int]]:
    """The releases that the specifiers name, each with the one before it, and the next of each level after it."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    for one in SpecifierSet(specifiers):
        prefix = one.version.removesuffix(".*")
        try:
            version = Version(prefix)
        except InvalidVersion:  # `===` compares any text
            continue
        major, minor, micro = version.major, version.minor, version.micro
        yield major, minor, micro
        yield major, minor, micro + 1
        yield major, minor + 1, 0
        yield major + 1, 0, 0
        if micro:
            yield major, minor, micro - 1
        elif minor:
            yield major, minor - 1, 99
        elif major:
            yield major - 1, 99, 0
