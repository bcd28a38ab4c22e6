import pytest

from prompt_improver.domain.evidence import (
    Evidence,
    KeptPiece,
    Passage,
    evidence,
    tell_evidence,
)

KEPT = tuple(
    KeptPiece(kind=kind, text=text)
    for kind, text in [
        ("path", "src/a.py"),
        ("path", "src/b.py"),
        ("number", "30 s"),
        ("limit", "no jQuery"),
        ("language", "en"),
    ]
)


def test_evidence_is_told_in_one_sentence():
    found = Evidence(
        kept=KEPT,
        added=(
            Passage(text="You are a poet.", part="role"),
            Passage(text="Name the cause.", part="guardrails"),
            Passage(text="Test it.", part="guardrails"),
        ),
        assumed=(Passage(text="Python 3.12", part="directive"),),
    )
    assert tell_evidence(found) == (
        "Kept 2 paths, 1 number, 1 limit and your language; added a role and 2 rules; "
        "assumed 1 thing."
    )


def test_what_there_is_none_of_is_not_told():
    assert tell_evidence(Evidence(kept=KEPT[:1])) == "Kept 1 path."
    assert tell_evidence(Evidence()) == ""
    assert tell_evidence(None) == ""


def test_what_only_a_later_version_knows_is_left_out():
    later = {"kept": [{"kind": "path", "text": "a.py", "line": "3"}], "certainty": "high"}
    assert evidence("evidence", later) == Evidence(kept=(KeptPiece(kind="path", text="a.py"),))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("none", "evidence must be an object, got str"),
        ({"kept": "all"}, "evidence.kept must be a sequence of objects, got str"),
        ({"assumed": [{"text": "x"}]}, "evidence.assumed.0. lacks part"),
    ],
)
def test_what_is_no_evidence_is_refused_by_its_place(value, message):
    with pytest.raises(ValueError, match=message):
        evidence("evidence", value)
