import json
import re

import pytest
from description.samples import NAME, random_report

from neuropose_ray.analysis import BodyMeasure, BodyRecord, MovementResults, measure_changes
from neuropose_ray.analysis.body.flights import Flight
from neuropose_ray.analysis.body.jumps import jump_record
from neuropose_ray.analysis.body.records import Running
from neuropose_ray.description import LANGUAGES, describe
from neuropose_ray.description.findings import Recording, findings_of, findings_of_report
from neuropose_ray.description.values import Amount, Count

ANALYSES = 200


def numbers_of(value):
    """Every number of a JSON value, also of its texts, how many parts its lists have, and of which kinds."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, str):
        yield from map(float, re.findall(r"\d+(?:\.\d+)?", value))
    elif isinstance(value, dict):
        for part in value.values():
            yield from numbers_of(part)
    else:
        yield float(len(value))
        for part in value:
            yield from numbers_of(part)


def counts_of(results):
    """Counts of parts that share something."""
    yield sum(not angle.reliable for angle in results.angles or ())
    if results.repetitions is not None:
        yield sum(not record.complete for record in results.repetitions.records)
        yield sum(bool(record.warnings) or not record.complete for record in results.repetitions.records)
    if results.gait is not None:
        yield sum(event.kind == "heel_strike" for event in results.gait.events)


def as_shown(values) -> set[str]:
    """Every way in which a text may show the values: with up to two decimals, a share also in per cent."""
    return {f"{abs(value) * scale:.{decimals}f}" for value in values for scale in (1, 100) for decimals in range(3)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_of_a_text_stands_in_the_analysis(language):
    for seed in range(ANALYSES):
        report = random_report(seed)
        text = describe(findings_of_report(report), language).text
        known = as_shown({*numbers_of(json.loads(report.model_dump_json())), *counts_of(report.results)})
        for number in re.findall(r"\d+(?:[.,]\d+)?", text):
            assert number.replace(",", ".") in known, (seed, number, text)


def test_what_is_not_known_is_not_said():
    keys = {finding.key for finding in findings_of(Recording(0), MovementResults())}
    assert keys == {"recording_without_rate"}


def keys_by_seed():
    return [{finding.key for finding in findings_of_report(random_report(seed))} for seed in range(ANALYSES)]


def test_the_random_analyses_reach_every_sentence_about_one_movement():
    reached = set.union(*keys_by_seed())
    assert {
        "recording", "recording_without_rate", "coverage", "others", "repetitions", "no_repetitions", "incomplete",
        "measure", "measure_spread", "measure_banded", "measure_spread_banded", "measure_not_reliable",
        "right_larger", "left_larger", "symmetric", "walking", "angle", "angle_banded", "angle_partly",
        "angle_banded_partly", "measure_below", "measure_spread_below",
        "angle_below", "angle_below_partly", "not_reliable", "remark", "look_at_repetitions",
    } <= reached  # fmt: skip


def symmetry_of(report):
    return report.results.repetitions.summary["symmetry_percent"]


def test_an_asymmetry_within_its_error_is_no_finding():
    checked = 0
    for seed in range(ANALYSES):
        report = random_report(seed)
        repetitions = report.results.repetitions
        if repetitions is None or not repetitions.records or symmetry_of(report).mean is None:
            continue
        band = symmetry_of(report).band
        said = {
            finding.key
            for finding in findings_of_report(report)
            if finding.part == "repetitions" and finding.key in ("right_larger", "left_larger", "symmetric")
        }
        if band is None or not band.reliable:
            assert not said
        elif band.low <= 0 <= band.high:
            assert said == {"symmetric"}
        else:
            assert said == {"right_larger" if symmetry_of(report).mean > 0 else "left_larger"}
        checked += 1
    assert checked > ANALYSES / 2


def test_an_angle_that_cannot_be_relied_on_is_a_doubt_and_no_number():
    for seed in range(ANALYSES):
        report = random_report(seed)
        doubted = {angle.name for angle in report.results.angles or () if not angle.reliable}
        for finding in findings_of_report(report):
            if finding.part == "angles":
                assert finding.values["angle"].name not in doubted
            if finding.key == "not_reliable":
                assert {term.name for term in finding.values["angles"]} == doubted


def test_a_bound_below_zero_is_not_said_of_what_is_never_negative():
    for seed in range(ANALYSES):
        for finding in findings_of_report(random_report(seed)):
            if "band_low" in finding.values:
                assert finding.values["band_low"].value > 0


def test_warnings_are_quoted_and_come_last_but_for_the_advice():
    findings = findings_of_report(random_report(3))
    parts = [finding.part for finding in findings]
    order = ("recording", "repetitions", "walking", "whole_body", "angles", "doubts", "advice")
    assert parts == sorted(parts, key=order.index)
    assert f"The video {NAME} was taken 23.5 deg askew." in describe(findings, "en").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_changed_by_more_than_its_error_is_said_and_nothing_else(language):
    for seed in range(0, 60, 2):
        first, second = (random_report(number).results for number in (seed, seed + 1))
        changes = measure_changes(first, second)
        certain = [change for change in changes if change.band is not None and change.band.is_finding]
        findings = [
            finding for finding in findings_of(Recording(1), first, changes=changes) if finding.part == "comparison"
        ]
        said = [finding.key.split("_")[0] for finding in findings if "change" in finding.values]
        assert said == ["increase" if change.change > 0 else "decrease" for change in certain[:8]]
        assert ("no_change" in {finding.key for finding in findings}) == (not certain)
        describe(findings, language)


def test_the_highest_of_the_jumps_is_told_with_its_band_and_those_in_doubt_are_not():
    def body(*flights):
        jumps = tuple(jump_record(number, flight, 1 / 30, 0.03) for number, flight in enumerate(flights, start=1))
        record = BodyRecord(masses="mean", stand_ins=(), coverage=1.0, measures=(), jumps=jumps)
        found = findings_of(Recording(100), MovementResults(body=record))
        return next(finding for finding in found if finding.part == "whole_body")

    low, high = Flight(1.0, 1.4, "both", "both", 0.2), Flight(2.0, 2.5, "both", "both", 0.31)
    wrong = Flight(3.0, 3.2, "both", "both", 0.9)
    told = body(low, high, wrong)
    assert (told.key, told.values["number"], told.values["time"]) == ("jumps_banded", Count(3), Amount(0.5, 2, "s"))
    assert body(wrong).key == "jumps_not_reliable"


def test_running_is_told_with_its_steps_and_speed():
    measures = (BodyMeasure(name="running_speed_m_per_s", value=3.21),)
    run = Running(start_s=0.0, end_s=1.0, flights=4, measures=measures)
    record = BodyRecord(masses="mean", stand_ins=(), coverage=1.0, measures=(), running=(run,))
    (told,) = (
        finding
        for finding in findings_of(Recording(100), MovementResults(body=record))
        if finding.part == "whole_body"
    )
    assert (told.key, dict(told.values)) == ("running", {"number": Count(4), "speed": Amount(3.21, 1, "m/s")})
