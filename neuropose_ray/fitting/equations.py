"""Normal equations of a least-squares problem over time, in the banded form that a Cholesky solver takes.

Unknowns are ordered frame by frame, within a frame landmark by landmark, x y z. A frame's own block is dense; a frame
touches the next two only on their diagonals (each coordinate by itself), so the half-width is two frames.
Frames are the last axis of every array here: each product then runs over contiguous memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FrameResiduals:
    """Residuals that touch ``k`` landmarks of one frame, linearised at the current positions.

    Attributes:
        landmarks: ``(rows, k)`` which landmarks each residual touches.
        jacobian: ``(rows, k, 3, T)`` derivative with respect to their positions.
        value: ``(rows, T)`` the residuals.
        weight: ``(rows, T)`` robust weight over variance.
    """

    landmarks: NDArray[np.intp]
    jacobian: Array
    value: Array
    weight: Array


@dataclass(frozen=True)
class DifferenceResiduals:
    """Residuals that depend on how far apart two landmarks of one frame are, linearised at the current positions.

    Attributes:
        landmarks: ``(rows, 2)`` the two landmarks.
        direction: ``(rows, 3, T)`` derivative with respect to the first; that to the second is its negative.
        value: ``(rows, T)`` the residuals.
        weight: ``(rows, T)`` robust weight over variance.
    """

    landmarks: NDArray[np.intp]
    direction: Array
    value: Array
    weight: Array


@dataclass(frozen=True)
class TimeResiduals:
    """Residuals that combine one landmark over consecutive frames, each axis by itself.

    Attributes:
        coefficients: ``(k, T - k + 1)``: what frame ``t + i`` contributes to the residual that starts at ``t``, with
            k = 2 or 3.
        weight: ``(L, T - k + 1)`` one over variance.
    """

    coefficients: Array
    weight: Array


class NormalEquations:
    """Sums of weighted residuals: ``hessian @ step = -gradient`` for ``T`` frames of ``L`` landmarks."""

    def __init__(self, landmarks: int, frames: int) -> None:
        self.gradient = np.zeros((landmarks, 3, frames))
        self._within: dict[tuple[int, int], Array] = {}  # blocks (3, 3, T) of landmark pairs, lower triangle
        self._across = np.zeros((3, landmarks, frames))  # coupling of t with t, t + 1, t + 2

    def add(self, residuals: FrameResiduals) -> None:
        """Add residuals of single frames."""
        weighted = residuals.jacobian * residuals.weight[:, None, None]
        pulls = weighted * residuals.value[:, None, None]
        rows = residuals.landmarks.tolist()
        order = residuals.landmarks.shape[1]
        for i in range(order):
            for row, landmarks in enumerate(rows):
                self.gradient[landmarks[i]] += pulls[row, i]
            for j in range(i + 1):
                products = weighted[:, i, :, None] * residuals.jacobian[:, j, None]
                for landmarks, product in zip(rows, products, strict=True):
                    self._add_block(landmarks[i], landmarks[j], product)

    def add_differences(self, residuals: DifferenceResiduals) -> None:
        """Add residuals of differences: one product serves all blocks of a pair, which costs a third of ``add``."""
        weighted = residuals.direction * residuals.weight[:, None]
        pulls = weighted * residuals.value[:, None]
        products = weighted[:, :, None] * residuals.direction[:, None]
        for (a, b), pull, product in zip(residuals.landmarks.tolist(), pulls, products, strict=True):
            self.gradient[a] += pull
            self.gradient[b] -= pull
            self._add_block(a, a, product)
            self._add_block(b, b, product)
            self._add_block(a, b, -product)

    def _add_block(self, a: int, b: int, block: Array) -> None:
        if a < b:
            a, b, block = b, a, block.transpose(1, 0, 2)
        if (a, b) in self._within:
            self._within[a, b] += block
        else:
            self._within[a, b] = block.copy()

    def add_in_time(self, residuals: TimeResiduals, positions: Array) -> None:
        """Add residuals over consecutive frames of ``positions`` ``(L, 3, T)``."""
        order, count = residuals.coefficients.shape
        if count < 1:
            return
        moved = [positions[..., i : i + count] * residuals.coefficients[i] for i in range(order)]
        pull = sum(moved[1:], start=moved[0]) * residuals.weight[:, None]
        for i in range(order):
            self.gradient[..., i : i + count] += pull * residuals.coefficients[i]
            for j in range(i, order):
                product = residuals.weight * residuals.coefficients[i] * residuals.coefficients[j]
                self._across[j - i][:, i : i + count] += product

    def solve(self, right: Array, damping: float) -> Array:
        """Solve ``(hessian + damping) x = right`` for ``right`` ``(L, 3, T, columns)``.

        Raises:
            numpy.linalg.LinAlgError: the matrix is not positive definite.
        """
        from scipy.linalg import solveh_banded

        landmarks, _, frames, columns = right.shape
        flat = right.transpose(2, 0, 1, 3).reshape(frames * 3 * landmarks, columns)
        solution = solveh_banded(
            self._banded(damping), flat, lower=True, overwrite_ab=True, overwrite_b=True, check_finite=False
        )
        return np.asarray(solution).reshape(frames, landmarks, 3, columns).transpose(1, 2, 0, 3)

    def _banded(self, damping: float) -> Array:
        """LAPACK's lower form ``(2 * size + 1, size * T)``: ``[k, j]`` holds element ``(j + k, j)``."""
        _, landmarks, frames = self._across.shape
        size = 3 * landmarks
        blocks = np.array(list(self._within))
        row = 3 * blocks[:, 0, None, None] + np.arange(3)[:, None]
        column = 3 * blocks[:, 1, None, None] + np.arange(3)
        lower = row >= column
        values = np.stack(list(self._within.values()))[lower]
        band = np.zeros((frames, size, 2 * size + 1))  # transposed, so that LAPACK need not copy it
        place = (column * (2 * size + 1) + row - column)[lower]
        band.reshape(frames, -1)[:, place] = values.T
        band[:, :, ::size] += np.repeat(self._across, 3, axis=1).T
        band[:, :, 0] += damping
        return band.reshape(frames * size, 2 * size + 1).T
