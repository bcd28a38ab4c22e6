"""The gate on the user's own form: nothing in the prompt, its frame included, goes against it."""

from collections.abc import Iterator

from prompt_improver.improvement.gates.comparison import GateFailure, Rewrite, failure
from prompt_improver.improvement.gates.limit_words import MARKS
from prompt_improver.improvement.gates.user_limits import limits_of_request
from prompt_improver.improvement.language import stems_of
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading import FORMATS, Form, form_of, mask
from prompt_improver.improvement.structured_prompt import Framework

# Of these an answer has one: who asks for JSON does not want a table.
_OTHER_TONES = {
    "formal": ("informal", "casual", "funny", "divertido"),
    "formally": ("informal", "casual", "funny"),
    "informal": ("formal",),
    "casual": ("formal",),
    "serious": ("funny", "humorous"),
    "funny": ("serious",),
    "humorous": ("serious",),
    "serio": ("divertido",),
    "divertido": ("serio",),
}
_EXCLUSIVE = frozenset("json yaml xml csv table one code html".split())
_NAMED = lazy_pattern(
    "|".join(rf"(?P<{name}>(?<![\w-])(?:{words})(?![\w-]))" for name, words in FORMATS.items())
)
_CLAUSE = lazy_pattern(r"[^.;!?\n]+")
_WORD = lazy_pattern(r"\w+(?:['’-]\w+)*")
_NEGATIONS = frozenset(MARKS["not"].split())
_EXPLAINS = lazy_pattern(
    r"\b(?:explain\w*|explanation|justif\w*|reasons?|rationale|say why|comment(?:s|ary)?"
    r"|explica\w*|razon(?:es)?|motivos?|comenta\w*)\b"
)
_SEVERAL = lazy_pattern(
    r";|\bthen\b|\bfollowed by\b|\bin this order\b|\bdespués\b|\bseguid[oa] de\b"
)
_FIRST = lazy_pattern(
    r"\b(?:until|wait\w*|before (?:answer|you)\w*|first question|asking first|hasta|espera\w*"
    r"|antes de|primera pregunta|jusqu'|attend\w*|erst wenn|warte\w*|bis der)"
)
_ASKS = lazy_pattern(r"\b(?:ask|pregunta|pregúnta\w*|pide|pídel\w*)\b")
_NO_QUESTIONS = lazy_pattern(
    r"\b(?:do not|don'?t|without|never) ask(?:ing)?\b(?! for (?!clarif))"
    r"|\bno (?:me )?(?:preguntes|hagas preguntas)\b|\bsin preguntar\b|\bno questions\b"
)
_INCLUDES = frozenset(
    """
    use uses include includes add adds give gives show shows provide contain contains insert put
    usa usar utiliza incluye incluir añade agrega da muestra contiene pon emplea
    """.split()
)
_MANY_PARTS = frozenset({Framework.TREE_OF_THOUGHTS, Framework.DECOMPOSITION})


def contradiction(rewrite: Rewrite) -> GateFailure | None:
    """Fails where the backend's own text goes against the form that the idea states: a second
    role, another format, count, length or language, an explanation where the idea wants only
    the thing, questions where it wants none, something that it excludes; and where the idea
    says to wait and the prompt does not.

    What stands in the idea or the context itself is never held against the prompt.
    """
    masked = mask(rewrite.idea).masked
    return failure("contradiction", dict.fromkeys(_lines(rewrite, masked, form_of(masked))))


def _lines(rewrite: Rewrite, masked: str, wanted: Form) -> Iterator[str]:
    prompt = rewrite.prompt
    rules = [rule for rule in prompt.guardrails if not rewrite.is_given(rule)]
    output = "" if rewrite.is_given(prompt.output_format) else prompt.output_format
    role = "" if rewrite.is_given(prompt.role) else prompt.role
    own = [role, rewrite.without_given(prompt.directive), *rules, output]
    written = "\n".join(part for part in own if part.strip())
    yield from _on_role(wanted, role)
    yield from _on_formats(wanted, rules, output)
    if wanted.counts or wanted.length or wanted.language or wanted.tone in _OTHER_TONES:
        yield from _on_numbers(wanted, form_of(written))
    yield from _on_what_is_wanted_alone(wanted, rules, output, prompt.framework)
    if wanted.waits and not rewrite.quotes_idea and not _waits(rewrite.text):
        yield "The idea says to wait before answering: keep that."
    if _NO_QUESTIONS.search(masked.lower()) and any(map(_asks_questions, _clauses(written))):
        yield "The idea wants no questions: ask none."
    yield from _on_exclusions(rewrite, written)


def _waits(text: str) -> bool:
    return form_of(mask(text).masked).waits or _FIRST.search(text.lower()) is not None


def _on_role(wanted: Form, role: str) -> Iterator[str]:
    if wanted.role and role.strip() and _stems(role).isdisjoint(_stems(wanted.role)):
        yield f"The idea gives the role: {wanted.role}. Give no other."


def _on_formats(wanted: Form, rules: list[str], output: str) -> Iterator[str]:
    own = wanted.formats & _EXCLUSIVE
    if not own:
        return
    named = {str(m.lastgroup) for m in _NAMED.finditer(output.lower())} & _EXCLUSIVE
    asked = [named, *(form_of(rule).formats & _EXCLUSIVE for rule in rules)]
    if any(formats and formats.isdisjoint(own) for formats in asked):
        yield f"The idea wants its answer as {', '.join(sorted(own))}: name no other format."
    words = "|".join(FORMATS[name] for name in sorted(own))
    banned = lazy_pattern(
        rf"\b(?:no|without|avoid|not use|sin|evita|ningun[ao]?)\s(?:\w+\s)?(?:{words})\b"
    )
    if any(banned.search(rule.lower()) for rule in rules):
        yield f"The idea wants {', '.join(sorted(own))}: do not forbid it."


def _on_numbers(wanted: Form, written: Form) -> Iterator[str]:
    for number, noun in wanted.counts:
        others = {n for n, other in written.counts if other[:4] == noun[:4]}
        if others and number not in others:
            yield f"The idea asks for {number} {noun}: name no other number."
    own, other = wanted.length.split(), written.length.split()
    if len(own) == len(other) == 2 and own[1][:4] == other[1][:4] and own[0] != other[0]:
        yield f"The idea sets the length to {wanted.length}: set no other."
    if written.tone and written.tone in _OTHER_TONES.get(wanted.tone, ()):
        yield f"The idea wants its answer {wanted.tone}: set no other tone."
    if wanted.language and written.language and _last(wanted.language) != _last(written.language):
        yield f"The idea wants its answer {wanted.language}: name no other language."


def _on_what_is_wanted_alone(
    wanted: Form, rules: list[str], output: str, framework: Framework
) -> Iterator[str]:
    one = "one" in wanted.formats
    if not (wanted.only or one):
        return
    clauses = (clause for text in (*rules, output) for clause in _clauses(text))
    if any(_EXPLAINS.search(clause) and not _negated(clause) for clause in clauses):
        yield "The idea wants the thing alone: ask for no explanation."
    if one and (_SEVERAL.search(output.lower()) or framework in _MANY_PARTS):
        yield "The idea wants one word or line: ask for no parts."


def _on_exclusions(rewrite: Rewrite, written: str) -> Iterator[str]:
    asking = [clause for clause in _clauses(written) if _includes(clause)]
    if not asking:
        return
    for limit in limits_of_request(mask(rewrite.idea), rewrite.prompt.language):
        wanted = _stems(" ".join(w for w in _WORD.findall(limit.text) if not _negated(w.lower())))
        if limit.kind == "not" and wanted and any(wanted <= _stems(clause) for clause in asking):
            yield f"The idea says: {limit.text}. Do not ask for it."


def _includes(clause: str) -> bool:
    words = _WORD.findall(clause)
    return not _INCLUDES.isdisjoint(words) and _NEGATIONS.isdisjoint(words)


def _asks_questions(clause: str) -> bool:
    return bool(_ASKS.search(clause)) and not _negated(clause)


def _clauses(text: str) -> list[str]:
    return [clause.lower() for clause in _CLAUSE.findall(text)]


def _negated(clause: str) -> bool:
    return not _NEGATIONS.isdisjoint(_WORD.findall(clause))


def _stems(text: str) -> frozenset[str]:
    words = _WORD.findall(text.lower())
    return frozenset(
        stem for word in words if len(word) > 3 or word.isdigit() for stem in stems_of(word)
    )


def _last(words: str) -> str:
    return words.split()[-1][:4]
