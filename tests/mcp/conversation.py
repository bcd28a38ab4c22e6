"""A scripted agent that improves a prompt with a model of its own, and no key."""

import json
from typing import Any

IDEA = "rename the files of src/reports/ to {date}.csv with a Python script. Never delete any file"
_PARTS = {
    "role": "You are a Python developer.",
    "framework": "",
    "output_format": "The script in one block.",
    "model": "acme/agent-1",
}
_FIRST = "Write a Python script that renames the report files by their date."
_SECOND = "Write a Python script that renames the files of src/reports/ to {date}.csv."


async def improve_without_a_key(client: Any) -> dict[str, Any]:
    """Asks for our instructions, is refused with a bad try, is kept with a second one, and finds
    it again. Returns what the second try was answered."""
    asked = await client.get_prompt("improve", {"idea": IDEA})
    request = asked.messages[0].content.text
    assert IDEA in request
    assert "check_improved_prompt" in request
    first = await _check(client, _FIRST, [])
    assert first["ok"] is False
    assert (first["improved_prompt"], first["prompt_id"]) == (None, None)
    told = " ".join(each["text"] for each in first["broken"])
    assert all(piece in told for piece in ("src/reports/", "{date}", "Never delete any file"))
    second = await _check(client, _SECOND, ["Never delete any file."])
    assert second["ok"] is True, second
    assert second["broken"] == []
    assert _SECOND in second["improved_prompt"]
    kept = await _call(client, "get_prompt", prompt_id=second["prompt_id"])
    assert (kept["backend"], kept["model"]) == ("client", "acme/agent-1")
    assert kept["idea"] == IDEA
    found = await _call(client, "search_prompts", query="reports")
    assert [each["prompt_id"] for each in found["prompts"]] == [second["prompt_id"]]
    return second


async def _check(client: Any, directive: str, guardrails: list[str]) -> dict[str, Any]:
    parts = _PARTS | {"directive": directive, "guardrails": guardrails}
    return await _call(client, "check_improved_prompt", idea=IDEA, **parts)


async def _call(client: Any, name: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content[0].text
    # Older protocols have the text alone.
    answered: dict[str, Any] = json.loads(result.content[0].text)
    assert result.structured_content in (None, answered)
    return answered
