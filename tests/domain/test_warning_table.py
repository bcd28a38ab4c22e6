"""The one table of warnings."""

from fastapi.testclient import TestClient

from prompt_improver.app import create_app
from prompt_improver.domain.warning_table import WARNINGS
from prompt_improver.improvement.backends import MODEL_UNAVAILABLE
from prompt_improver.improvement.gates.all_gates import GATES
from prompt_improver.settings import Settings


def test_every_warning_that_an_answer_can_carry_has_a_sentence():
    codes = {*GATES, "reply", MODEL_UNAVAILABLE, "vague", "language", "already_good"}
    assert codes <= set(WARNINGS)
    assert all(sentence.endswith(".") for sentence in WARNINGS.values())


def test_the_document_of_the_api_has_the_whole_table():
    settings = Settings(_env_file=None, llm_provider="offline", sqlite_enabled=False)
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        schemas = client.get("/openapi.json").json()["components"]["schemas"]
    described = schemas["ImproveResponse"]["properties"]["warnings"]["description"]
    assert all(f"{code}: {sentence}" in described for code, sentence in WARNINGS.items())
