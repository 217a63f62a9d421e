"""The banded equations are those of the same problem written out densely."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.fitting.equations import DifferenceResiduals, FrameResiduals, NormalEquations, TimeResiduals


def written_out(difference: DifferenceResiduals) -> FrameResiduals:
    """The derivatives with respect to both landmarks."""
    jacobian = np.stack([difference.direction, -difference.direction], axis=1)
    return FrameResiduals(difference.landmarks, jacobian, difference.value, difference.weight)


def dense(landmarks, frames, within, across, positions):
    """Jacobian rows of every residual, frame by frame, and the hessian and gradient they give."""
    size = 3 * landmarks * frames
    rows, values, weights = [], [], []
    for residuals in within:
        for r, touched in enumerate(residuals.landmarks):
            for t in range(frames):
                row = np.zeros((frames, landmarks, 3))
                for i, landmark in enumerate(touched):
                    row[t, landmark] += residuals.jacobian[r, i, :, t]
                rows.append(row.ravel())
                values.append(residuals.value[r, t])
                weights.append(residuals.weight[r, t])
    for residuals in across:
        order, count = residuals.coefficients.shape
        for t in range(count):
            for landmark in range(landmarks):
                for axis in range(3):
                    row = np.zeros((frames, landmarks, 3))
                    row[t : t + order, landmark, axis] = residuals.coefficients[:, t]
                    rows.append(row.ravel())
                    values.append(row.ravel() @ positions.transpose(2, 0, 1).ravel())
                    weights.append(residuals.weight[landmark, t])
    jacobian, weights = np.array(rows).reshape(-1, size), np.array(weights)
    return jacobian.T @ (jacobian * weights[:, None]), jacobian.T @ (np.array(values) * weights)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(3, 6), st.integers(3, 7))
def test_banded_solution_is_the_dense_one(seed, landmarks, frames):
    rng = np.random.default_rng(seed)
    positions = rng.normal(size=(landmarks, 3, frames))

    def landmarks_of(rows, touched):
        return np.array([rng.choice(landmarks, touched, replace=False) for _ in range(rows)])

    def values_and_weights(rows):
        return rng.normal(size=(rows, frames)), rng.uniform(size=(rows, frames))

    def residuals(rows, touched):
        jacobian = rng.normal(size=(rows, touched, 3, frames))
        return FrameResiduals(landmarks_of(rows, touched), jacobian, *values_and_weights(rows))

    within = [residuals(4, 1), residuals(3, 2), residuals(2, 3)]
    differences = DifferenceResiduals(landmarks_of(4, 2), rng.normal(size=(4, 3, frames)), *values_and_weights(4))
    across = [
        TimeResiduals(rng.normal(size=(k, frames - k + 1)), rng.uniform(size=(landmarks, frames - k + 1)))
        for k in (2, 3)
    ]
    equations = NormalEquations(landmarks, frames)
    for term in within:
        equations.add(term)
    equations.add_differences(differences)
    for term in across:
        equations.add_in_time(term, positions)
    hessian, gradient = dense(landmarks, frames, [*within, written_out(differences)], across, positions)
    np.testing.assert_allclose(equations.gradient.transpose(2, 0, 1).ravel(), gradient, atol=1e-9)
    right = rng.normal(size=(landmarks, 3, frames, 2))
    expected = np.linalg.solve(hessian + 0.5 * np.eye(len(hessian)), right.transpose(2, 0, 1, 3).reshape(-1, 2))
    found = equations.solve(right, 0.5).transpose(2, 0, 1, 3).reshape(-1, 2)
    np.testing.assert_allclose(found, expected, atol=1e-8)
