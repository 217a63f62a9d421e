"""Warnings at the foot of a figure."""

import pytest

from neuropose_ray.render.plots.notes import with_warnings
from neuropose_ray.render.plots.style import save_plot


def drawn(figure):
    figure.add_subplot().plot([0, 1], [0, 1])


@pytest.mark.parametrize("warnings", [("The height was assumed.",), ("a " * 200, "The feet are hidden.")])
def test_a_figure_grows_by_the_warnings_below_it(tmp_path, warnings):
    sizes = []

    def measured(warned):
        draw = with_warnings(drawn, warned)

        def with_size(figure):
            draw(figure)
            sizes.append(figure.get_size_inches()[1])

        return with_size

    save_plot(tmp_path / "plain.svg", measured(()))
    save_plot(tmp_path / "warned.svg", measured(warnings))
    assert sizes[1] > sizes[0]
    text = (tmp_path / "warned.svg").read_text("utf-8")
    assert warnings[-1] in text
    assert warnings[-1] not in (tmp_path / "plain.svg").read_text("utf-8")
