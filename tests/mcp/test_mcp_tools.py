"""What agents can do, in every version of the protocol, without a process."""

import asyncio
import contextlib
import json

import pytest

pytest.importorskip("mcp", reason="the extra [mcp] is not installed")

import anyio
import mcp_types as types
from jsonschema import validate
from mcp.shared.exceptions import MCPError

from prompt_improver.domain.error_table import ERRORS
from prompt_improver.domain.errors import (
    HistoryMissingError,
    ImproverTimeoutError,
    RepositoryConnectionError,
)
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.domain.question import Question
from prompt_improver.domain.recorder import Recorder, SaveOutcome
from prompt_improver.improvement.answering import Answering
from prompt_improver.improvement.backends import Backends
from prompt_improver.improvement.improve_idea import ImproveIdea
from prompt_improver.improvement.improved import ImprovementObserver
from prompt_improver.improvement.model.client_request import client_request
from prompt_improver.improvement.model.demonstrations import load_demonstrations
from prompt_improver.improvement.model.instructions import INSTRUCTIONS
from prompt_improver.improvement.model_slots import ModelSlots
from prompt_improver.improvement.offline import OfflineImprover
from prompt_improver.mcp.dependencies import Dependencies
from prompt_improver.mcp.server import make_server
from tests.histories import make_history
from tests.in_memory_prompt_repository import InMemoryPromptRepository
from tests.mcp.clients import NEWEST, OLDEST, VERSIONS, connected
from tests.mcp.conversation import improve_without_a_key
from tests.scripted_improver import ScriptedImprover

pytestmark = pytest.mark.anyio

IDEA = "write a marketing plan for my bakery, max 300 words"
MAKING = {"improve_prompt", "refine_prompt", "check_improved_prompt"}
OF_HISTORY = {"search_prompts", "get_prompt", "rate_prompt"}


class KeepingRecorder(Recorder):
    """Saves; while ``keeps`` is false it spools, and the row is in the history later."""

    def __init__(self, repository: InMemoryPromptRepository) -> None:
        self._repository = repository
        self.keeps = True

    async def record(self, history):
        if not self.keeps:
            return SaveOutcome.SPOOLED
        await self._repository.save(history)
        return SaveOutcome.SAVED


@pytest.fixture
async def repository():
    repository = InMemoryPromptRepository()
    await repository.open()
    return repository


@pytest.fixture
def improver():
    return ScriptedImprover()


@pytest.fixture
def recorder(repository):
    return KeepingRecorder(repository)


@pytest.fixture
def make(repository, improver, recorder):
    """Makes a server; with ``default`` few-shot the model is the scripted one."""

    def make(*, has_history=True, default=BackendType.OFFLINE, opened=None, longest_s=55.0):
        backends = Backends(
            improvers={BackendType.OFFLINE: OfflineImprover(), BackendType.ZERO_SHOT: improver},
            default=default,
            provider="scripted",
            model="scripted/1",
            reason="a test",
        )
        history = (opened or (lambda: contextlib.nullcontext(repository))) if has_history else None
        demonstrations = load_demonstrations()
        return make_server(
            Dependencies(
                improve_idea=ImproveIdea(
                    Answering(
                        backends, recorder, slots=ModelSlots(4), observer=ImprovementObserver()
                    )
                ),
                recorder=recorder,
                client_request=lambda *asked: client_request(*asked, demonstrations),
                reading=history,
                writing=history,
                longest_answer_s=longest_s,
            )
        )

    return make


async def call(client, name, **arguments):
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content[0].text
    return json.loads(result.content[0].text)


async def refusal(client, name, **arguments):
    result = await client.call_tool(name, arguments)
    assert result.is_error
    return result.content[0].text


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_agent_improves_a_prompt_with_its_own_model(make, version, repository):
    async with connected(make(), version) as client:
        await improve_without_a_key(client)
    (row,) = repository.rows
    assert (row.backend, row.model_version) == (BackendType.CLIENT, "acme/agent-1")


async def test_every_tool_has_schemas_and_answers_by_them(make):
    async with connected(make()) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == MAKING | OF_HISTORY
        assert not any("$ref" in json.dumps(tool.model_dump()) for tool in tools.values())
        improved = await call(client, "improve_prompt", idea=IDEA)
        validate(improved, tools["improve_prompt"].output_schema)
        assert improved["improved_prompt"].startswith("## Task")
        refined = await call(
            client, "refine_prompt", prompt_id=improved["prompt_id"], feedback="no emojis"
        )
        validate(refined, tools["refine_prompt"].output_schema)
        assert "no emojis" in refined["improved_prompt"]
        assert refined["version"] == 2
        found = await call(client, "search_prompts", query="bakery", limit=1)
        validate(found, tools["search_prompts"].output_schema)
        assert found["more"] is True
        kept = await call(client, "get_prompt", prompt_id=improved["prompt_id"][:8])
        validate(kept, tools["get_prompt"].output_schema)
        assert kept["idea"] == IDEA


async def test_no_tool_deletes_edits_or_takes_a_star_or_a_note_away(make, repository):
    row = await repository.save(make_history(starred=True, note="mine", tags=("a",), rating=1))
    async with connected(make()) as client:
        tools = (await client.list_tools()).tools
        assert all(tool.annotations.destructive_hint is False for tool in tools)
        id_ = row.prompt_id
        assert "starred" in await refusal(client, "rate_prompt", prompt_id=id_, starred=False)
        assert "only be true" in await refusal(
            client, "rate_prompt", prompt_id=id_, rating=1, starred=False
        )
        assert "note" in await refusal(client, "rate_prompt", prompt_id=id_, note=" ")
        assert "at least one" in await refusal(client, "rate_prompt", prompt_id=id_)
        assert "edited_prompt" in await refusal(
            client, "rate_prompt", prompt_id=id_, edited_prompt="x"
        )
        await call(client, "rate_prompt", prompt_id=id_, rating=-1, note="theirs", tags=["b"])
    (changed,) = repository.rows
    assert (changed.starred, changed.rating) == (True, -1)
    assert (changed.note, changed.tags) == ("mine\ntheirs", ("a", "b"))


async def test_arguments_that_do_not_fit_are_named_and_not_quoted(make):
    async with connected(make()) as client:
        told = await refusal(client, "search_prompts", query="secret words", limit="secret words")
        assert told.startswith("limit: ")
        assert "secret" not in told
        assert await refusal(client, "improve_prompt", idea="  ") == ERRORS["blank_idea"].sentence
        assert (await refusal(client, "improve_prompt", idea="a\0b")).startswith("idea: ")
        nul = await refusal(client, "search_prompts", query="a\0b")
        assert nul == "query: must not hold a NUL at character 2"
        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("delete_prompt", {})


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
async def test_errors_are_fixed_sentences(make, improver, repository, version):
    async with connected(make(default=BackendType.ZERO_SHOT), version) as client:
        improver.fail_with = ImproverTimeoutError("sk-secret took 9 s")
        told = await refusal(client, "improve_prompt", idea=IDEA, backend="zero-shot")
        assert told == ERRORS["model_timeout"].sentence
        improver.fail_with = RuntimeError("the user's words")
        with pytest.raises(MCPError) as unexpected:
            await client.call_tool("improve_prompt", {"idea": IDEA})
        assert unexpected.value.message == ERRORS["internal_error"].sentence
        repository.fail_with = RepositoryConnectionError("/home/me/history.db is gone")
        told = await refusal(client, "search_prompts", query="x")
        assert told == ERRORS["history_unavailable"].sentence


async def test_without_history_agents_see_none_and_refine_what_was_made_here(make, repository):
    other = await repository.save(make_history(starred=True))
    async with connected(make(has_history=False)) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == MAKING
        assert [each.name for each in (await client.list_prompts()).prompts] == ["improve"]
        with pytest.raises(MCPError, match="Method not found"):
            await client.list_resources()
        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("get_prompt", {"prompt_id": other.prompt_id})
        told = await refusal(client, "refine_prompt", prompt_id=other.prompt_id, feedback="x")
        assert told == ERRORS["improvement_not_found"].sentence
        made = await call(client, "improve_prompt", idea=IDEA)
        await call(client, "refine_prompt", prompt_id=made["prompt_id"], feedback="no emojis")


async def test_a_history_that_is_not_there_yet_hides_nothing_else(make):
    def missing():
        raise HistoryMissingError("There is no history yet at /home/me/history.db")

    async with connected(make(opened=missing)) as client:
        assert [each.name for each in (await client.list_prompts()).prompts] == ["improve"]
        assert (await client.list_resources()).resources == []
        told = await refusal(client, "search_prompts", query="x")
        assert told == ERRORS["history_missing"].sentence


async def test_the_prompt_improve_carries_instructions_examples_and_the_target(make):
    async with connected(make()) as client:
        arguments = {"idea": "arregla este error", "context": "FastAPI", "target": "agent"}
        text = (await client.get_prompt("improve", arguments)).messages[0].content.text
        assert INSTRUCTIONS in text
        assert text.count("\nExample ") == 3
        assert "for an agent with files and tools" in text
        assert "Language of every value: es" in text
        with pytest.raises(MCPError, match="target: must be"):
            await client.get_prompt("improve", {"idea": "x", "target": "painting"})
        with pytest.raises(MCPError, match=ERRORS["blank_idea"].sentence):
            await client.get_prompt("improve", {"idea": " "})


async def test_a_starred_prompt_is_a_prompt_with_its_variables_as_arguments(make, repository):
    row = await repository.save(
        make_history(
            starred=True,
            original_idea="Größe der {{city}} beschreiben",
            improved_prompt="Describe {{city}} in {{ words }} words for {{city}}.",
        )
    )
    await repository.save(make_history(original_idea="not starred"))
    async with connected(make()) as client:
        _, starred = (await client.list_prompts()).prompts
        assert starred.name == f"groe-der-city-beschreiben-{row.prompt_id[:8]}"
        assert [argument.name for argument in starred.arguments] == ["city", "words"]
        given = {"city": "{{words}}", "words": "5"}
        text = (await client.get_prompt(starred.name, given)).messages[0].content.text
        # All at once: a value is never read as a variable.
        assert text == "Describe {{words}} in 5 words for {{words}}."
        (resource,) = (await client.list_resources()).resources
        read = await client.read_resource(resource.uri)
        assert read.contents[0].text == row.improved_prompt
        with pytest.raises(MCPError) as missing:
            await client.get_prompt("other-00000000", {})
        assert missing.value.message == ERRORS["improvement_not_found"].sentence


QUESTIONS = (
    Question(id="readers", text="Who reads it?", default="Members", options=("Members", "All")),
    Question(id="length", text="How long is it?"),
)


@pytest.mark.parametrize("version", ["2025-06-18", NEWEST])
async def test_questions_are_asked_where_the_client_shows_forms(make, repository, version):
    forms = []

    async def fill(context, params):
        forms.append(params)
        return types.ElicitResult(action="accept", content={"goal": "200 regulars", "budget": " "})

    async with connected(make(), version, elicitation=fill) as client:
        improved = await call(client, "improve_prompt", idea=IDEA)
    (form,) = forms
    assert form.requested_schema["properties"].keys() == {"goal", "budget"}
    assert "It decides the channels." in form.requested_schema["properties"]["goal"]["description"]
    assert "200 regulars" in improved["improved_prompt"]
    assert [each["id"] for each in improved["questions"]] == ["budget"]
    assert [row.version for row in repository.rows] == [1, 2]


@pytest.mark.parametrize("version", ["2025-06-18", NEWEST])
async def test_who_declines_gets_the_prompt_and_its_questions(make, improver, version):
    improver.questions = QUESTIONS

    async def decline(context, params):
        return types.ElicitResult(action="decline")

    server = make(default=BackendType.ZERO_SHOT)
    async with connected(server, version, elicitation=decline) as client:
        improved = await call(client, "improve_prompt", idea=IDEA)
    assert [each["id"] for each in improved["questions"]] == ["readers", "length"]
    assert len(improver.calls) == 1


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
async def test_without_forms_the_questions_stand_in_the_result(make, improver, version):
    improver.questions = QUESTIONS
    async with connected(make(default=BackendType.ZERO_SHOT), version) as client:
        improved = await call(client, "improve_prompt", idea=IDEA)
        assert [each["id"] for each in improved["questions"]] == ["readers", "length"]
        answers = [{"id": "readers", "text": "Bakers"}]
        await call(client, "improve_prompt", idea=IDEA, answers=answers)
    assert "Bakers" in improver.calls[-1][0]


async def test_a_state_that_the_client_made_up_leads_to_no_other_prompt(make, improver):
    improver.questions = QUESTIONS
    async with connected(make(default=BackendType.ZERO_SHOT)) as client:
        other = await call(client, "improve_prompt", idea="something private")
        result = await client.session.call_tool(
            "improve_prompt",
            {"idea": IDEA},
            input_responses={"questions": types.ElicitResult(action="decline")},
            request_state=other["prompt_id"],
        )
    assert json.loads(result.content[0].text)["prompt_id"] != other["prompt_id"]
    assert "private" not in result.content[0].text


async def test_progress_is_reported_to_who_asks_for_it(make):
    heard = []

    async def hear(progress, total, message):
        heard.append((progress, message))

    async with connected(make(), OLDEST) as client:
        await client.call_tool("improve_prompt", {"idea": IDEA}, progress_callback=hear)
    assert heard[0][1]
    assert [progress for progress, _ in heard] == sorted({progress for progress, _ in heard})


async def test_a_model_that_takes_too_long_is_given_up_before_the_client_gives_up(make, improver):
    improver.gate = asyncio.Event()
    async with connected(make(default=BackendType.ZERO_SHOT, longest_s=5.05)) as client:
        improved = await call(client, "improve_prompt", idea=IDEA)
        assert improved["backend"] == "offline"
        assert improved["fallback_reason"] == ERRORS["model_timeout"].sentence
        told = await refusal(client, "improve_prompt", idea=IDEA, backend="zero-shot")
        assert told == ERRORS["model_timeout"].sentence


async def test_pasted_text_has_to_stand_in_the_prompt(make):
    mail = "Hi Tom, the report is late again. Send it by Friday, or the client will not pay us."
    idea = f"make this email friendlier:\n\n{mail}"
    parts = {"role": "", "framework": "", "output_format": "", "guardrails": [], "idea": idea}
    async with connected(make()) as client:
        lost = await call(
            client, "check_improved_prompt", directive="Make the email friendlier.", **parts
        )
        assert lost["ok"] is False
        assert any(mail[:40] in each["text"] for each in lost["broken"])
        directive = f"Make this email friendlier:\n\n{mail}"
        kept = await call(client, "check_improved_prompt", directive=directive, **parts)
        assert kept["ok"] is True


async def test_a_call_that_the_client_gives_up_gives_the_model_up(make, improver, repository):
    class Waiting(asyncio.Event):
        def __init__(self):
            super().__init__()
            self.given_up = asyncio.Event()

        async def wait(self):
            try:
                return await super().wait()
            except asyncio.CancelledError:
                self.given_up.set()
                raise

    improver.gate = Waiting()
    async with connected(make(default=BackendType.ZERO_SHOT), OLDEST) as client:
        with anyio.move_on_after(0.2):
            await client.call_tool("improve_prompt", {"idea": IDEA})
        with anyio.fail_after(5):
            await improver.gate.given_up.wait()
        await client.list_tools()  # the connection is well
    assert repository.rows == []


async def test_what_waits_in_the_spool_can_be_refined_and_what_was_deleted_cannot(
    make, repository, recorder
):
    async with connected(make()) as client:
        recorder.keeps = False
        waiting = await call(client, "improve_prompt", idea=IDEA)
        refined = await call(
            client, "refine_prompt", prompt_id=waiting["prompt_id"], feedback="no emojis"
        )
        assert "no emojis" in refined["improved_prompt"]
        recorder.keeps = True
        kept = await call(client, "improve_prompt", idea=IDEA)
        await repository.delete(kept["prompt_id"])
        for name, more in (("get_prompt", {}), ("refine_prompt", {"feedback": "no emojis"})):
            told = await refusal(client, name, prompt_id=kept["prompt_id"], **more)
            assert ERRORS["improvement_not_found"].sentence in told
