import pytest

from prompt_improver.improvement.guardrail_source import source_of
from prompt_improver.improvement.structured_prompt import GuardrailSource

IDEA, CONTEXT, ASSUMED = GuardrailSource.IDEA, GuardrailSource.CONTEXT, GuardrailSource.ASSUMED


@pytest.mark.parametrize(
    ("idea", "context", "rule", "source"),
    [
        ("Write a mail without attachments", "", "No attachments are written of.", IDEA),
        ("Write a letter, 250 words tops", "", "Stay within 250 words.", IDEA),
        ("Propose un voyage sans voiture", "", "Aucun trajet ne se fait en voiture.", IDEA),
        ("写一封邮件，不要提到预算问题", "", "全文没有出现与预算有关的内容。", IDEA),
        ("Write a letter", "At most 900 € a month", "Nothing costs over 900 €.", CONTEXT),
        ("Write a letter, 250 words tops", "", "The salutation is polite.", ASSUMED),
        ("Write 3 poems", "", "Each line has at most 3 stresses.", ASSUMED),
        ("Write a letter, 250 words tops", "", "Name 250 words and 7 sources.", ASSUMED),
        ("Plan a trip without a car", "", "The car is booked early.", ASSUMED),
    ],
)
def test_a_guardrail_is_the_users_where_it_keeps_their_words_number_or_ban(
    idea, context, rule, source
):
    assert source_of(rule, idea, context) is source
