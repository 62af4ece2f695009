"""What products of matrices demand of shapes and dtypes, in PyTorch's order: asked before anything is computed.

Where the result or the dimension summed over is empty no kernel runs, so no kernel refuses a dtype. Rules:
``torch.mm``, ``addmm``, ``mv``, ``addmv``, ``bmm``, ``baddbmm``, ``addbmm``, ``addr``.
"""

from __future__ import annotations

import numpy as np

from ..dtypes import BY_NUMPY
from ..promotion import can_cast_dtype, result_dtype


def kernel_runs(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether there are elements to compute, and products to add up for them."""
    return bool(a.size and b.size)


def refuse_bool(kernel: str, array: np.ndarray) -> None:
    """Raise ``NotImplementedError`` for bool, of which kernels make no products."""
    if array.dtype.kind == "b":
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


def check_mm(self, mat2) -> None:
    """Two matrices that fit. Raises ``RuntimeError``."""
    for name, matrix in (("self", self), ("mat2", mat2)):
        if matrix.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix")
    _check_shapes(self, mat2)


def _check_shapes(a, b) -> None:
    (rows, inner), (other, columns) = a._array.shape, b._array.shape
    if inner != other:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({rows}x{inner} and {other}x{columns})")


def check_same(a, b) -> None:
    """One dtype for the arrays of two matrices. Raises ``RuntimeError``."""
    if a.dtype != b.dtype:
        one, other = BY_NUMPY[a.dtype].cpp, BY_NUMPY[b.dtype].cpp
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {one} != {other}")


def check_addmm(self, mat1, mat2, beta, alpha) -> None:
    """Three matrices of one dtype. Raises ``RuntimeError``."""
    _check_added(self, mat1, mat2)
    for name, matrix in (("mat1", mat1), ("mat2", mat2)):
        if matrix.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {matrix.ndim}-D tensor")
    _check_shapes(mat1, mat2)
    shape = (mat1._array.shape[0], mat2._array.shape[1])
    _check_expands(self, shape)
    _check_factor(self, beta, shape, mat1._array.shape[1])


def _check_added(self, mat1, mat2) -> None:
    for name, tensor in (("self", self), ("mat1", mat1)):
        if tensor.dtype is not mat2.dtype:
            raise RuntimeError(
                f"{name} and mat2 must have the same dtype, but got {tensor.dtype.scalar} and {mat2.dtype.scalar}"
            )


def _check_expands(tensor, shape) -> None:
    """Raise ``RuntimeError`` where what is added does not have the shape of the product, or one that expands to it."""
    if tensor._array.shape != shape:
        from .views import expand

        expand.row.demands(tensor, shape, False)
        expand.row.forward(tensor._array, shape, False)


def _check_factor(tensor, beta, shape, inner) -> None:
    """With nothing to sum, ``beta * self`` is all there is, and has to fit. Raises ``RuntimeError``."""
    if beta != 0 and not inner and 0 not in shape:
        _check_scaled(tensor, beta)


def _check_scaled(tensor, beta) -> None:
    dtype = result_dtype([tensor, beta])
    if not can_cast_dtype(dtype, tensor.dtype):
        raise RuntimeError(f"result type {dtype.scalar} can't be cast to the desired output type {tensor.dtype.scalar}")


def check_mv(self, vec) -> None:
    """A matrix and a vector that fit. Raises ``RuntimeError``."""
    _check_vectors(1, None, self, vec)


def check_addmv(self, mat, vec, beta, alpha) -> None:
    """A matrix and two vectors of one dtype. Raises ``RuntimeError``."""
    _check_vectors(self.ndim, self, mat, vec)
    if not self.dtype is mat.dtype is vec.dtype:
        _refuse_dtypes(self.dtype, mat, vec)


def _check_vectors(dims, added, matrix, vector) -> None:
    if matrix.ndim != 2 or vector.ndim != 1 or dims > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {dims}, {matrix.ndim}, {vector.ndim}")
    rows, columns = matrix._array.shape
    count = rows if added is None else added._array.size
    if columns != vector._array.size or count not in (rows, 1):
        raise RuntimeError(f"size mismatch, got input ({count}), mat ({rows}x{columns}), vec ({vector._array.size})")


def check_vector(matrix, vector) -> None:
    """One dtype for arrays of a matrix and a vector. Raises ``RuntimeError``."""
    if matrix.dtype != vector.dtype:
        one, other = BY_NUMPY[matrix.dtype].scalar, BY_NUMPY[vector.dtype].scalar
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {other}, {one}, and {other}")


def _refuse_dtypes(first, matrix, vector) -> None:
    raise RuntimeError(
        f"addmv input tensors must have the same dtype, but got {first.scalar}, {matrix.dtype.scalar}, and "
        f"{vector.dtype.scalar}"
    )


def check_mv_out(values: list, out) -> None:
    """The dtype of the memory for ``torch.mv``; of a fitting size it counts as an operand. Raises ``RuntimeError``."""
    if out.ndim > 1 or out._array.size not in (values[0]._array.shape[0], 1):
        if out.dtype is not values[1].dtype:
            raise RuntimeError(
                f"Expected out tensor to have dtype {values[1].dtype.cpp}, but got {out.dtype.cpp} instead"
            )
    elif not out.dtype is values[0].dtype is values[1].dtype:
        _refuse_dtypes(out.dtype, *values)


def check_bmm(self, mat2) -> None:
    """Two batches that fit; their dtypes are the kernel's affair. Raises ``RuntimeError``."""
    for name, batch in (("batch1", self), ("batch2", mat2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    _check_batches(self, mat2)


def _check_batches(a, b) -> None:
    left, right = a._array.shape, b._array.shape
    if left[0] != right[0] or left[2] != right[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{left[0]}, {left[2]}] but got: "
            f"[{right[0]}, {right[1]}]."
        )


def _size(batch, dim: int) -> int:
    if dim >= batch.ndim:
        low, high = -max(batch.ndim, 1), max(batch.ndim, 1) - 1
        raise IndexError(f"Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})")
    return batch._array.shape[dim]


def check_baddbmm(self, batch1, batch2, beta, alpha) -> None:
    """Two batches, and what is added to their product. Raises ``RuntimeError``."""
    shape = tuple(_size(batch, dim) for batch, dim in ((batch1, 0), (batch1, 1), (batch2, 2)))
    _check_expands(self, shape)
    if self.dtype is not batch1.dtype:
        names = [tensor.dtype.cpp for tensor in (self, batch1, batch2)]
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {names[0]}, batch1: {names[1]}, batch2: {names[2]}"
        )
    check_bmm(batch1, batch2)
    _check_factor(self, beta, shape, batch1._array.shape[2])


def check_addbmm(self, batch1, batch2, beta, alpha) -> None:
    """Two batches, and what the sum of their products is added to. Raises ``RuntimeError``.

    The batches are multiplied one by one, so that without any their dtypes are never compared.
    """
    _check_expands(self, (_size(batch1, 1), _size(batch2, 2)))
    for name, batch in (("batch1", batch1), ("batch2", batch2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    (count, rows, inner), (others, height, columns) = batch1._array.shape, batch2._array.shape
    if count != others:
        raise RuntimeError(f"batch1 and batch2 must have same number of batches, got {count} and {others}")
    if inner != height:
        raise RuntimeError(f"Incompatible matrix sizes for bmm ({rows}x{inner} and {height}x{columns})")
    if count:
        _check_added(self, batch1, batch2)
        for factor in (beta, 1)[:count]:  # from the second batch on the sum so far is what is added to
            _check_factor(self, factor, (rows, columns), inner)
    elif beta:
        _check_scaled(self, beta)


def check_addr(self, vec1, vec2, beta, alpha) -> None:
    """Two vectors. Raises ``RuntimeError``."""
    for name, vector in (("vec1", vec1), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {vector.ndim}-D")


def check_batch_kernel(kernel: str, a: np.ndarray, b: np.ndarray) -> None:
    """What the kernel of batched products says of dtypes. Raises ``RuntimeError`` or ``NotImplementedError``."""
    if kernel_runs(a, b):
        refuse_bool(kernel, a)
        if a.dtype != b.dtype:
            raise RuntimeError(f"expected scalar type {BY_NUMPY[a.dtype].scalar} but found {BY_NUMPY[b.dtype].scalar}")


def check_written(row, values: list) -> None:
    """Raise ``RuntimeError`` where the product is larger than what it is added to in place."""
    if row.name == "addr":
        _check_addr_written(*values[:3])
        return
    found, wanted = values[0].dtype, values[2].dtype
    if found is not wanted:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {found.cpp} and output tensor dtype {wanted.cpp} should match"
        )
    if row.name == "addmv":
        shape = values[1]._array.shape[:1]
    else:
        shape = (*values[1]._array.shape[:-1], values[2]._array.shape[-1])
    if values[0]._array.shape != shape:
        raise RuntimeError(
            f"Bad in-place call: input tensor size {list(values[0]._array.shape)} and output tensor size "
            f"{list(shape)} should match"
        )


def _check_addr_written(self, vec1, vec2) -> None:
    shape = self._array.shape
    if len(shape) != 2:
        raise RuntimeError(f"2D tensor expected, got {len(shape)}D tensor for input")
    rows, columns = vec1._array.size, vec2._array.size
    if shape != (rows, columns):
        raise RuntimeError(f"size mismatch, input: {list(shape)}, v1: [{rows}], v2: [{columns}]")
