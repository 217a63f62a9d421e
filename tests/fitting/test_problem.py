import numpy as np

from neuropose_ray.fitting.problem import SHORTEST_STEP_S, time_steps


def test_steps_are_the_time_between_frames_of_a_segment():
    steps = time_steps(np.array([0.0, 0.1, 0.3, 5.0, 5.1]), np.array([0, 0, 0, 1, 1]))
    np.testing.assert_allclose(steps, [0.1, 0.2, 1.0, 0.1])


def test_times_that_do_not_advance_make_no_infinite_velocity():
    np.testing.assert_allclose(time_steps(np.array([0.0, 0.0, -1.0]), np.zeros(3, int)), SHORTEST_STEP_S)


def test_some_of_the_frames_are_the_same_problem_of_fewer(squat_start):
    problem = squat_start.problem
    frames, segments = np.array([2, 3, 7, 8]), np.array([0, 0, 1, 1])
    part = problem.take(frames, segments)
    assert len(part) == 4
    assert part.linked.tolist() == [True, False, True]
    np.testing.assert_allclose(part.steps, [1 / 12, 1, 1 / 12])
    for name in (
        "image",
        "scores",
        "ray",
        "bone_depths",
        "depth_scores",
        "contact",
        "image_sigma",
        "depth_sigma",
        "times",
    ):
        np.testing.assert_array_equal(getattr(part, name), getattr(problem, name)[..., frames])
    for name in ("lengths", "lengths_sigma", "bone_sigma", "body"):
        assert getattr(part, name) is getattr(problem, name)
