import pytest

from prompt_improver.improvement.gates import FailureKind
from prompt_improver.improvement.gates.tasks import tasks
from tests.rewrites import rewrite, said

LIST = (
    "Make a page for my gym:\n- explain the prices\n- include a form\n- add testimonials of clients"
)


@pytest.mark.parametrize(
    ("idea", "directive", "lost"),
    [
        (LIST, "Make a page for my gym. Explain the prices, include a form.", "testimonials"),
        (
            "Sum up the notes of Monday and translate the summary into Polish",
            "Sum up the notes of Monday in a short summary.",
            "polish",
        ),
        (
            "Write a post about the launch in 3 cities: Riyadh, Jeddah and Dammam",
            "Write a post about the launch in 3 cities.",
            "riyadh",
        ),
        (
            "Pourquoi le ciel est-il bleu ? Pourquoi le coucher du soleil est-il rouge ?",
            "Expliquez pourquoi le ciel est bleu.",
            "coucher",
        ),
        (
            "1. read the log 2. find the error 3. propose a patch",
            "Read the log, find the error.",
            "patch",
        ),
        (
            "اكتب منشورًا عن إطلاق تطبيق في 3 مدن: الرياض وجدة والدمام، من دون ذكر الأسعار",
            "اكتب منشورًا عن إطلاق تطبيق في 3 مدن من دون ذكر الأسعار",
            "الرياض",
        ),
    ],
)
def test_a_task_without_a_trace_is_missing(idea, directive, lost):
    found = tasks(rewrite(idea, directive))
    assert found is not None
    assert found.kind is FailureKind.MISSING
    assert lost in said(found)


@pytest.mark.parametrize(
    ("idea", "directive"),
    [
        (LIST, "Build a gym page: pricing explained, a contact form, client testimonials."),
        ("Plan it:\n- 8 kids\n- dinosaurs", "Plan it for 8 children with dinosaurs."),
        ("Why do cats purr? Can big cats do it?", "Say why cats purr, and whether big cats can."),
        ("Was ist TCP? Wann nimmt man was?", "Erkläre TCP und wann es passt."),
        ("Fix the bug and add a test", "Fix the bug, then cover it by tests."),
        ("Compare three cities: Rome, Paris and Oslo", "Compare Paris, Rome and Oslo."),
        ("Write a poem", "Write a poem about anything."),
    ],
)
def test_a_task_said_in_other_words_is_kept(idea, directive):
    assert tasks(rewrite(idea, directive)) is None
