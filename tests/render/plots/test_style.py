import pytest

from neuropose_ray.errors import OutputError
from neuropose_ray.render.plots.style import save_plot, with_unit


def test_a_plot_leaves_matplotlibs_own_settings_alone(tmp_path):
    import matplotlib as mpl

    before, seen = mpl.rcParams["font.size"], []
    save_plot(tmp_path / "plot.png", lambda figure: seen.append(mpl.rcParams["font.size"]))
    assert mpl.rcParams["font.size"] == before != seen[0]


def test_a_plot_that_fails_leaves_no_file(tmp_path):
    def fail(figure):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        save_plot(tmp_path / "plot.png", fail)
    with pytest.raises(OutputError, match="no picture format"):
        save_plot(tmp_path / "plot.gif", lambda figure: None)
    assert list(tmp_path.iterdir()) == []


def test_text_stays_text_in_svg(tmp_path):
    save_plot(tmp_path / "plot.svg", lambda figure: figure.suptitle("Knie links"))
    assert ">Knie links<" in (tmp_path / "plot.svg").read_text("utf-8")


@pytest.mark.parametrize(("unit", "shown"), [("deg", "Knee (°)"), ("mm", "Knee (mm)"), ("", "Knee")])
def test_labels_carry_their_unit(unit, shown):
    assert with_unit("Knee", unit) == shown
