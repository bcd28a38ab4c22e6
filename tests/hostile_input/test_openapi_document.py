"""The OpenAPI document says what the server does: schemathesis reads it, and asks for all of it."""

from collections.abc import Iterator

import pytest

schemathesis = pytest.importorskip(
    "schemathesis", reason="needs schemathesis (requirements-dev.txt)"
)
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from prompt_improver.app import create_app
from prompt_improver.settings import Settings
from tests.hostile_input.verdicts import NO_MODEL
from tests.server_process import ServerProcess

QUICK_EXAMPLES = 15
FULL_EXAMPLES = 3_000
"""For each operation of the document."""

EXPORT = "/api/v1/history/export"
ITEM = "/api/v1/history/{prompt_id}"
EXCLUDED = [
    # Asked for a model that is not configured, the answer is a declared 503; held below.
    not_a_server_error,
    # A cursor, a date and a blank idea are refused by rules that no schema can say.
    positive_data_acceptance,
]


# Made without I/O, for what it declares; who answers is the real server.
schema = schemathesis.openapi.from_dict(
    create_app(Settings(_env_file=None, llm_provider="offline")).openapi()
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    # An answer waits for its row, so that the next request finds it.
    folder = tmp_path_factory.mktemp("documented")
    with ServerProcess(folder, SQLITE_ASYNC_ENABLED="false") as running:
        for backend in ("auto", "offline"):
            assert running.improve("Design a REST API", backend=backend).status_code == 200
        yield running


def bounded(max_examples: int) -> settings:
    return settings(
        max_examples=max_examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


def check(case: schemathesis.Case, server: ServerProcess) -> None:
    answer = case.call(base_url=server.url)
    # DELETE and others of /history/export are of /history/{prompt_id}, and no UUID.
    excluded = [*EXCLUDED, unsupported_method] if case.path == EXPORT else list(EXCLUDED)
    if answer.status_code == 413:
        excluded.append(negative_data_rejection)  # which does not take it for a refusal
    case.validate_response(answer, excluded_checks=excluded)
    if answer.status_code >= 500:
        assert case.path in ("/api/v1/improve-prompt", "/api/v1/improve-prompt/stream")
        assert answer.status_code == 503
        assert NO_MODEL in answer.json()["detail"]


@schema.parametrize()
@bounded(QUICK_EXAMPLES)
def test_every_answer_is_one_that_the_document_declares(case, server):
    check(case, server)


@pytest.mark.slow
@schema.parametrize()
@bounded(FULL_EXAMPLES)
def test_every_answer_to_thousands_of_requests_is_one_that_the_document_declares(case, server):
    check(case, server)


@pytest.mark.parametrize("path", ["/api/v1/history", "/api/v1/statistics", EXPORT, "/metrics"])
def test_what_the_history_holds_is_of_the_form_that_the_document_declares(path, server):
    for query in ({"format": "jsonl"}, {"format": "csv"}) if path == EXPORT else ({},):
        answer = schema[path]["GET"].Case(query=query).call_and_validate(base_url=server.url)
        assert answer.status_code == 200


def test_one_improvement_is_of_the_form_that_the_document_declares(server):
    prompt_id = server.improve("Design a REST API").json()["prompt_id"]
    statuses = []
    for method in ("GET", "DELETE", "GET"):
        case = schema[ITEM][method].Case(path_parameters={"prompt_id": prompt_id})
        statuses.append(case.call_and_validate(base_url=server.url).status_code)
    assert statuses == [200, 204, 404]
