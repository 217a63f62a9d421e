from dataclasses import replace

import numpy as np
import pytest
from support.report_contents import squats

from neuropose_ray.render.records import Column, PersonTrack, Quality, QualityStrip, Table


def test_everything_over_time_has_a_value_for_each_frame():
    content = squats(60)
    with pytest.raises(ValueError, match="track 1 has positions"):
        replace(content, people=(PersonTrack(1, np.zeros((59, 33, 3))),))
    person = content.people[0]
    for changed, name in (
        (replace(person, curves=(replace(person.curves[0], cleaned=np.zeros(59)),)), "Knee flexion"),
        (replace(person, curves=(replace(person.curves[0], raw=np.zeros(59)), person.curves[1])), "Knee flexion"),
        (replace(person, quality=Quality((QualityStrip("Gaps", np.zeros(61), good=False, doubt=0.1),))), "Gaps"),
    ):
        with pytest.raises(ValueError, match=f"'{name}' has values"):
            replace(content, people=(changed,))


def test_one_person_at_most_is_the_main_one():
    content = squats(60)
    with pytest.raises(ValueError, match="more than one"):
        replace(content, people=tuple(replace(person, main=True) for person in content.people))


def test_a_table_has_a_cell_for_each_column_and_a_time_for_each_row():
    with pytest.raises(ValueError, match="has not 2 cells"):
        Table("Steps", (Column("Side"), Column("Length", "m")), (("left", 0.6), ("right",)))
    with pytest.raises(ValueError, match="1 rows and 2 times"):
        Table("Steps", (Column("Side"),), (("left",),), (0.5, 1.5))
