from description.samples import random_report

from neuropose_ray.description import describe
from neuropose_ray.description.findings import Finding, findings_of_report
from neuropose_ray.description.values import Quotation


def test_findings_of_a_part_are_one_paragraph_with_its_title():
    description = describe(findings_of_report(random_report(3)), "en")
    titles = [paragraph.title for paragraph in description.paragraphs]
    assert titles[0] == "What was measured"
    assert len(set(titles)) == len(titles)
    assert all(paragraph.sentences for paragraph in description.paragraphs)


def test_a_sentence_is_not_said_twice():
    twice = [Finding("doubts", "remark", {"remark": Quotation("the height was assumed")})] * 2
    assert describe(twice, "en").text == "Doubts\nThe height was assumed."


def test_nothing_found_is_an_empty_text():
    assert describe([], "en").text == ""
