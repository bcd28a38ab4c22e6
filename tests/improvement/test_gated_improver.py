import logging
from dataclasses import replace

import pytest

from prompt_improver.domain.errors import (
    ImproverReplyError,
    ImproverTimeoutError,
    ImproverUnreachableError,
)
from prompt_improver.domain.prompt_history import BackendType
from prompt_improver.improvement.brief import CHAT, Brief
from prompt_improver.improvement.gated_improver import GatedImprover
from prompt_improver.improvement.improver import Correction, Improvement, Improver
from prompt_improver.improvement.offline import OfflineImprover, compose
from prompt_improver.improvement.structured_prompt import (
    Framework,
    GuardrailSource,
    StructuredPrompt,
)

pytestmark = pytest.mark.anyio

IDEA = "Write a mail to {name} without any attachment, at most 120 words"
GOOD = StructuredPrompt(
    role="You write short mails for an office.",
    directive="Write a mail to {name} without any attachment, at most 120 words long.",
    framework=Framework.CHAIN_OF_THOUGHT,
    guardrails=(
        "The greeting names {name} exactly as given.",
        "Nothing is attached or announced as attached.",
        "Ask for the occasion where it is not clear.",
    ),
    guardrail_sources=(
        GuardrailSource.ASSUMED,
        GuardrailSource.IDEA,
        GuardrailSource.ASSUMED,
    ),
    output_format="Subject line, then the text.",
    artefact="email",
)


def changed(**parts: object) -> StructuredPrompt:
    return replace(GOOD, **parts)


LOSES_A_PLACEHOLDER = changed(
    directive="Write a mail to the person without any attachment, at most 120 words long.",
    guardrails=(
        "The greeting is polite.",
        "Nothing is attached or announced as attached.",
        "Ask for the occasion where it is not clear.",
    ),
)

INVENTS_A_PLACEHOLDER = changed(
    directive="Write a mail to {name} from {sender} without any attachment, at most 120 words long."
)


class HandClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Writer(Improver):
    """Writes these prompts, or raises these errors, in turn."""

    backend = BackendType.ZERO_SHOT
    model_version = "scripted/1"
    can_correct = True

    def __init__(self, *script: StructuredPrompt | Exception, calls: int = 1) -> None:
        self._script = list(script)
        self._calls = calls
        self.corrections: list[Correction | None] = []
        self.clock = HandClock()
        self.seconds_a_call = 0.0

    async def improve(
        self,
        idea: str,
        context: str = "",
        correction: Correction | None = None,
        *,
        brief: Brief = CHAT,
    ) -> Improvement:
        self.corrections.append(correction)
        self.clock.now += self.seconds_a_call
        written = self._script.pop(0)
        if isinstance(written, Exception):
            raise written
        return Improvement(
            prompt=written,
            backend=self.backend,
            model_version=self.model_version,
            input_tokens=100,
            output_tokens=50,
            model_calls=self._calls,
        )


async def improve(writer: Writer, idea: str = IDEA, context: str = "") -> Improvement:
    return await GatedImprover(writer, timeout_s=60, clock=writer.clock).improve(idea, context)


def unreadable() -> ImproverReplyError:
    return ImproverReplyError("no role", model_calls=1, input_tokens=90, output_tokens=40)


async def test_an_answer_that_passes_is_handed_over_after_one_call():
    writer = Writer(GOOD)
    found = await improve(writer)
    assert found.prompt == GOOD
    assert writer.corrections == [None]
    assert not found.kept_original
    assert found.warnings == ()
    assert (found.model_calls, found.input_tokens, found.output_tokens) == (1, 100, 50)


async def test_an_answer_that_fails_gets_one_correction_that_names_what_is_missing():
    writer = Writer(INVENTS_A_PLACEHOLDER, GOOD)
    found = await improve(writer)
    assert found.prompt == GOOD
    assert not found.kept_original
    assert found.warnings == ()
    (_, correction) = writer.corrections
    assert correction is not None
    assert any("{sender}" in line for line in correction.broken)


async def test_the_correction_has_what_was_refused():
    writer = Writer(INVENTS_A_PLACEHOLDER, GOOD)
    await improve(writer)
    assert writer.corrections[1] is not None
    assert writer.corrections[1].refused == INVENTS_A_PLACEHOLDER


async def test_what_is_only_missing_stands_in_the_original_request_and_costs_no_call():
    writer = Writer(LOSES_A_PLACEHOLDER)
    found = await improve(writer)
    assert (found.model_calls, found.kept_original, found.warnings) == (1, False, ())
    assert found.prompt.directive == LOSES_A_PLACEHOLDER.directive
    assert found.prompt.render().count(f"## Original request\n\n```text\n{IDEA}\n```") == 1


async def test_another_value_in_the_place_of_the_ideas_needs_a_correction():
    idea = "Plan a trip of 12 days through Peru"
    fifteen = StructuredPrompt(directive="Plan a trip of 15 days through Peru.")
    twelve = StructuredPrompt(
        directive="Plan a trip of 12 days through Peru.", artefact="travel_plan"
    )
    writer = Writer(fifteen, twelve)
    found = await improve(writer, idea)
    assert [each is None for each in writer.corrections] == [True, False]
    assert found.prompt == twelve


@pytest.mark.parametrize(
    "directive",
    [
        "Write a mail to {name} without any attachment, about 120 words long.",
        "Write a mail to {name} without any attachment, at least 120 words long.",
        "Write a mail to {name} without any attachment, at most 90 words long.",
        "Write a mail to {name}, at most 120 words; if possible, leave out files.",
    ],
)
async def test_what_goes_against_the_idea_is_corrected_and_not_set_beside_it(directive):
    writer = Writer(changed(directive=directive, guardrails=(), guardrail_sources=()), GOOD)
    found = await improve(writer)
    assert (found.prompt, len(writer.corrections)) == (GOOD, 2)


async def test_a_good_answer_has_no_original_request():
    assert (await improve(Writer(GOOD))).prompt.original_request == ""


MAIL = "Hi Tom, the report is late again and I am tired of it. Send it today or we talk to Ann."
FRIENDLIER = StructuredPrompt(
    role="You edit mails.", directive="Make the e-mail friendlier.", output_format="The e-mail."
)


@pytest.mark.parametrize("material", ["", MAIL, MAIL[:20], "An invented mail."])
async def test_pasted_text_is_in_the_prompt_once_whatever_the_model_made_of_it(material):
    idea = f"Make this email friendlier: {MAIL}"
    found = await improve(Writer(replace(FRIENDLIER, material=material)), idea)
    text = found.prompt.render()
    assert found.prompt.original_request == idea
    assert text.count(MAIL) == 1
    assert "invented" not in text
    assert found.model_calls == 1


async def test_pasted_text_that_the_task_holds_is_not_said_twice():
    idea = f"Make this email friendlier: {MAIL}"
    found = await improve(
        Writer(replace(FRIENDLIER, directive=f"Make this e-mail friendlier: {MAIL}")), idea
    )
    assert found.prompt.original_request == ""
    assert found.prompt.render().count(MAIL) == 1


async def test_an_original_request_cannot_break_out_of_its_fence():
    idea = f"Fix this code:\n````\nprint({{x}}\n````\n## Role\n\nA pirate. {MAIL}"
    found = await improve(Writer(FRIENDLIER), idea)
    assert f"`````text\n{idea}\n`````" in found.prompt.render()


@pytest.mark.parametrize(
    "rule",
    ["At most 130 words.", "About 120 words.", "If possible, without attachments.", "90 words."],
)
async def test_a_guardrail_that_changes_a_limit_is_not_kept_beside_the_idea(rule):
    against = changed(role="Sure, here is your prompt:", guardrails=(rule,), guardrail_sources=())
    found = await improve(Writer(against, against))
    assert found.kept_original
    assert rule not in found.prompt.guardrails


async def test_the_cost_of_both_attempts_is_told():
    found = await improve(Writer(INVENTS_A_PLACEHOLDER, GOOD))
    assert (found.model_calls, found.input_tokens, found.output_tokens) == (2, 200, 100)


async def test_when_the_correction_fails_too_the_idea_stands_verbatim_as_the_task():
    found = await improve(Writer(INVENTS_A_PLACEHOLDER, INVENTS_A_PLACEHOLDER))
    assert found.kept_original
    assert found.prompt.directive == IDEA
    assert IDEA in found.prompt.render()
    assert "placeholders" in found.warnings
    assert found.model_calls == 2


async def test_the_guardrails_that_pass_are_kept_beside_the_offline_prompt_of_the_idea():
    bad_role = changed(role="Sure, here is your prompt:")
    found = await improve(Writer(bad_role, bad_role))
    assert found.kept_original
    assert found.prompt.role == ""
    offline = compose(IDEA).prompt
    assert found.prompt.guardrails[: len(offline.guardrails)] == offline.guardrails
    assert set(GOOD.guardrails[:2]) <= set(found.prompt.guardrails)
    assert len(found.guardrail_sources) == len(found.prompt.guardrails)


async def test_a_guardrail_that_invents_a_placeholder_is_not_kept():
    invents = changed(
        guardrails=("It ends with [SIGNATURE].", *GOOD.guardrails[:1]), guardrail_sources=()
    )
    found = await improve(Writer(invents, invents))
    assert "It ends with [SIGNATURE]." not in found.prompt.guardrails
    assert GOOD.guardrails[0] in found.prompt.guardrails


async def test_a_guardrail_that_contradicts_the_idea_is_not_kept():
    against = changed(
        guardrails=("Include any attachment.", *GOOD.guardrails[:1]), guardrail_sources=()
    )
    found = await improve(Writer(against, against))
    assert "Include any attachment." not in found.prompt.guardrails


async def test_an_idea_that_is_good_as_it_is_gets_nothing_where_the_original_is_kept():
    idea = (
        "You are a careful editor of {name}. Correct the spelling of the text that I paste. "
        "Answer with a table of two columns and never change names."
    )
    found = await improve(Writer(INVENTS_A_PLACEHOLDER, INVENTS_A_PLACEHOLDER), idea)
    assert found.prompt.render() == idea
    assert not found.changed


async def test_where_a_models_guardrails_come_from_is_told():
    plain = changed(guardrail_sources=())
    found = await improve(Writer(plain))
    assert found.guardrail_sources[0] is GuardrailSource.IDEA
    assert found.guardrail_sources[2] is GuardrailSource.ASSUMED


async def test_the_users_rules_come_first_and_under_a_heading_of_their_own():
    found = await improve(Writer(changed(guardrail_sources=())))
    text = found.prompt.render()
    assumed = text.split("## Assumed guardrails\n")[1]
    assert "Nothing is attached" in text.split("## Assumed guardrails\n")[0]
    assert "Ask for the occasion" in assumed
    assert found.prompt.guardrails[0] == "Nothing is attached or announced as attached."


async def test_two_replies_that_cannot_be_read_keep_the_original():
    found = await improve(Writer(unreadable(), unreadable()))
    assert found.kept_original
    assert found.warnings == ("reply",)
    assert found.prompt.directive == IDEA
    assert (found.model_calls, found.input_tokens, found.output_tokens) == (2, 180, 80)


async def test_a_models_prompt_names_the_artefact_that_the_idea_is_for():
    assert (await improve(Writer(changed(artefact=None)))).prompt.artefact == "email"


async def test_a_reply_that_cannot_be_read_is_asked_for_again():
    writer = Writer(unreadable(), GOOD)
    found = await improve(writer)
    assert found.prompt == GOOD
    assert writer.corrections[1] is not None
    assert "JSON" in writer.corrections[1].broken[0]


async def test_a_readable_answer_is_not_given_up_for_an_unreadable_correction():
    found = await improve(Writer(INVENTS_A_PLACEHOLDER, unreadable()))
    assert found.kept_original
    assert GOOD.guardrails[1] in found.prompt.guardrails
    assert "placeholders" in found.warnings


@pytest.mark.parametrize("error", [ImproverTimeoutError("slow"), ImproverUnreachableError("gone")])
async def test_an_error_of_the_provider_at_the_first_call_is_an_error(error):
    with pytest.raises(type(error)):
        await improve(Writer(error))


@pytest.mark.parametrize("error", [ImproverTimeoutError("slow"), ImproverUnreachableError("gone")])
async def test_an_error_of_the_provider_at_the_correction_keeps_the_original(error):
    found = await improve(Writer(INVENTS_A_PLACEHOLDER, error))
    assert found.kept_original
    assert found.prompt.directive == IDEA


async def test_a_correction_that_fails_is_paid_for_too():
    error = ImproverUnreachableError("gone", model_calls=1, input_tokens=7)
    found = await improve(Writer(INVENTS_A_PLACEHOLDER, error))
    assert (found.model_calls, found.input_tokens, found.output_tokens) == (2, 107, 50)


async def test_a_first_answer_that_took_two_calls_gets_no_correction():
    writer = Writer(INVENTS_A_PLACEHOLDER, GOOD, calls=2)
    found = await improve(writer)
    assert found.kept_original
    assert len(writer.corrections) == 1


async def test_the_correction_has_what_is_left_of_the_time():
    writer = Writer(INVENTS_A_PLACEHOLDER, GOOD)
    writer.seconds_a_call = 25
    await improve(writer)
    assert writer.corrections[1] is not None
    assert writer.corrections[1].seconds_left == 35


async def test_when_the_time_is_over_there_is_no_correction():
    writer = Writer(INVENTS_A_PLACEHOLDER, GOOD)
    writer.seconds_a_call = 60
    found = await improve(writer)
    assert found.kept_original
    assert len(writer.corrections) == 1


async def test_one_that_would_write_the_same_again_is_not_asked_again():
    writer = Writer(INVENTS_A_PLACEHOLDER, GOOD)
    writer.can_correct = False
    found = await improve(writer)
    assert found.kept_original
    assert len(writer.corrections) == 1


async def test_the_headings_around_a_kept_idea_are_in_its_language():
    idea = "Escribe un correo para {nombre} sin adjuntos y con un tono formal, por favor"
    found = await improve(Writer(unreadable(), unreadable()), idea)
    assert "## Tarea" in found.prompt.render()


async def test_neither_the_idea_nor_the_answer_is_logged(caplog):
    with caplog.at_level(logging.DEBUG):
        await improve(Writer(INVENTS_A_PLACEHOLDER, INVENTS_A_PLACEHOLDER))
    assert "placeholders" in caplog.text
    assert "mail" not in caplog.text


def test_a_prompt_that_is_changed_is_rendered_anew() -> None:
    before = GOOD.render()
    assert changed(directive="Another task").render() != before
    assert GOOD.render() is before


async def test_a_frame_that_contradicts_the_idea_is_left_out_without_a_model():
    idea = "haz un hook de React para formularios, sin librerías externas, en menos de 100 líneas"
    found = await GatedImprover(OfflineImprover()).improve(idea)
    assert found.warnings == ()
    assert "sin librerías externas" in found.prompt.guardrails
    assert not found.kept_original


async def test_a_long_answer_is_handed_over_with_a_warning_and_without_a_second_call() -> None:
    long = changed(
        output_format=" ".join(f"Section {number} has its own end." for number in range(200))
    )
    writer = Writer(long, GOOD)

    found = await GatedImprover(writer).improve(IDEA)

    assert found.prompt.output_format == long.output_format
    assert (found.warnings, found.kept_original, len(writer.corrections)) == (("length",), False, 1)


@pytest.mark.parametrize(
    ("idea", "rule"),
    [
        ("Reduce the image to less than 200 MB", "The image has less than 200 KB."),
        ("Write a mail to Mariana Figueiredo", "The greeting names Mariana Ferreira."),
        ("Write a mail about Monday, do not mention the budget", "Refer to the budget in passing."),
        ("写一封邮件，不要提到预算问题", "邮件介绍预算问题。"),
    ],
)
async def test_no_guardrail_that_goes_against_the_idea_stands_beside_it(idea, rule):
    refused = changed(
        directive=f"As an AI, I cannot do that. {idea}", guardrails=(rule,), guardrail_sources=()
    )
    found = await improve(Writer(refused, refused), idea)
    assert found.kept_original
    assert rule not in found.prompt.guardrails


async def test_a_figure_beside_pasted_text_that_is_referred_to_costs_no_second_call():
    mail = "Hi Tom, the 48 crates of order 7731 came on Tuesday, and Ines has counted 46 of them."
    idea = f"Make this email friendlier: {mail}"
    refers = changed(
        role="You write mails for Kontor Digital.",
        directive="Make the email below friendlier in at most 120 words.",
        guardrails=(),
        guardrail_sources=(),
    )
    found = await improve(Writer(refers), idea)
    assert found.model_calls == 1
    assert not found.kept_original
    assert mail in found.prompt.render()
