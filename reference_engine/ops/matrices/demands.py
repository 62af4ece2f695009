"""What matrix operations demand of their arguments, in PyTorch's words. Each raises ``RuntimeError``."""

from __future__ import annotations

import numpy as np

from ...dtypes import BY_NUMPY


class LinAlgError(RuntimeError):
    """A matrix without the property that an operation needs: singular, not positive-definite ..."""


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"
LinAlgError.__module__ = "torch._C"


def scalar_of(array: np.ndarray) -> str:
    return BY_NUMPY[array.dtype].scalar


def inexact(name: str, array: np.ndarray, low_precision: bool = True) -> None:
    """Floating point or complex; with ``low_precision`` false no 16-bit types either."""
    if array.dtype.kind in "biu":
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {scalar_of(array)}")
    if not low_precision and array.dtype.itemsize == 2:
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {scalar_of(array)}")


def kernel(name: str, array: np.ndarray, also_empty: bool = False) -> None:
    """The element types that LAPACK knows: single and double precision, real and complex; any when there is nothing."""
    if not array.size and not also_empty:
        return
    if array.dtype.itemsize == 2 or array.dtype.kind in "biu":
        raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_of(array)}'")


def matrix(name: str, array: np.ndarray, argument: str = "A") -> None:
    if array.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")


def square(name: str, array: np.ndarray, argument: str = "A") -> None:
    matrix(name, array, argument)
    rows, width = array.shape[-2:]
    if rows != width:
        raise RuntimeError(
            f"{name}: {argument} must be batches of square matrices, but they are {rows} by {width} matrices"
        )


def fitting(name: str, a: np.ndarray, b: np.ndarray, left: bool) -> None:
    """Right-hand sides as high (``left``) or as wide as the matrices."""
    if a.shape[-2 if left else -1] != b.shape[-2 if left else -1]:
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
            f"({a.shape[-2]}x{a.shape[-1]} and {b.shape[-2]}x{b.shape[-1]})"
        )


def same_dtype(name: str, a: np.ndarray, b: np.ndarray, first: str = "A") -> None:
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{name}: Expected {first} and B to have the same dtype, but found {first} of type {scalar_of(a)} and B "
            f"of type {scalar_of(b)} instead"
        )


def first_failure(info: np.ndarray) -> tuple[str, int] | None:
    """Where a batch of factorisations first failed: ``(Batch element i): `` (empty for one matrix) and its code."""
    failed = np.flatnonzero(info)
    if not failed.size:
        return None
    place = int(failed[0])
    return (f"(Batch element {place}): " if info.ndim else "", int(info.reshape(-1)[place]))


def regular(name: str, info: np.ndarray) -> None:
    """Raises ``LinAlgError`` for a singular matrix."""
    failure = first_failure(info)
    if failure is None:
        return
    batch, code = failure
    if name == "linalg.inv":
        raise LinAlgError(
            f"{name}: {batch}The diagonal element {code} is zero, the inversion could not be completed because the "
            "input matrix is singular."
        )
    if name == "torch.linalg.solve":
        raise LinAlgError(f"{name}: {batch}The solver failed because the input matrix is singular.")
    raise LinAlgError(
        f"{name}: {batch}The factorization could not be completed because the input is not positive-definite (the "
        f"leading minor of order {code} is not positive-definite)."
    )
