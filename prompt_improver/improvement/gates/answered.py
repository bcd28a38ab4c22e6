"""The gates on what is no prompt: the answer itself, and a form with blanks."""

import re
from collections.abc import Iterator

from prompt_improver.domain.target import Target
from prompt_improver.improvement.gates.comparison import GateFailure, Rewrite, failure
from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.reading.code_lines import is_code_line

_IT_IS_A_PROMPT = "Write instructions for whoever will do the task; do not do the task"

_OPENING = lazy_pattern(
    r"\A[\s>*#\"'“¡]{0,20}(?:"
    r"(?:sure|certainly|absolutely|of course|great question|happy to help|no problem)\s*[,.!:]"
    r"|(?:sure|certainly|okay|ok|great),? (?:here|i\b|let)"
    r"|here(?:'s|’s| is| are) (?:the|an?|your|my|some)?\s*"
    r"(?:\w+ ){0,2}(?:prompt|code|function|solution|answer|essay|e-?mail|poem|implementation"
    r"|version|example|script|summary|translation|draft)\b"
    r"|i(?:'ve|’ve| have) (?:created|written|improved|rewritten|prepared|made|fixed|added)\b"
    r"|(?:claro|por supuesto|desde luego|con gusto|con mucho gusto|cómo no|encantado)"
    r"(?: que sí)?\s*[,.!:]"
    r"|(?:claro,? )?aqu[íi] (?:tienes?|está|va|te (?:dejo|presento))\b"
    r"|a continuación (?:tienes|te (?:dejo|presento|muestro))\b"
    r"|he (?:creado|escrito|mejorado|preparado|corregido|añadido)\b"
    r"|(?:claro|com certeza|aqui está|aqui vai)\s*[,.!:]|bien sûr\s*[,.!:]|voici (?:le|la|un|une)\b"
    r"|natürlich\s*[,.!:]|hier ist (?:der|die|das|ein|eine)\b|certo\s*[,.!:]|ecco (?:il|la|un)\b"
    r")",
    re.IGNORECASE,
)
_AS_AN_AI = lazy_pattern(
    r"(?:(?<!act )(?<!acts )(?<!acting )(?<!role )(?<!behave )(?<!serve )(?<!work ))\bas an? "
    r"(?:ai|artificial intelligence|large language model|language model)"
    r"(?:(?: language)? model| assistant)?\s*,(?! you)"
    r"|\bas an? (?:ai|language model)(?: language model| assistant)?,? i\b"
    r"|\bi(?:'m|’m| am) (?:just )?an? (?:ai|language model)\b"
    r"|\bi(?:'m|’m| am) sorry,? (?:but )?i\b|\bi can(?:not|'t|’t) (?:help|assist|comply|fulfill)\b"
    r"|\bcomo (?:una? )?(?:ia|inteligencia artificial|modelo de lenguaje|asistente de ia)\s*,"
    r"(?! (?:tú|tu|debes|usted|eres|deberás))"
    r"|\bsoy (?:una? )?(?:ia|inteligencia artificial|modelo de lenguaje)\b"
    r"|\blo siento,? (?:pero )?no puedo\b|\bno puedo ayudar(?:te|le)?\b",
    re.IGNORECASE,
)
_FENCED_DATA = lazy_pattern(
    r"```(?:json|text|markdown|md|yaml|csv|txt|xml)\b.*?(?:```|\Z)", re.DOTALL
)
_LETTER = lazy_pattern(
    r"(?:\A|\n)[ \t]*(?:\*\*)?(?:dear |hi |hello |estimad[oa]s? |querid[oa]s? |hola,? "
    r"|prezad[oa]s? |cher |chère |sehr geehrte|liebe[r]? |gentile |subject: |asunto: "
    r"|assunto: |objet : |betreff: |尊敬的|[^\n]{1,12}[您你]好[,:，：]|亲爱的|拝啓"
    r"|уважаем|здравствуйте|عزيز|السيد |안녕하세요)",
    re.IGNORECASE,
)
_FAREWELL = lazy_pattern(
    r"(?:\A|\n)[ \t]*(?:(?:best|kind|warm) regards|sincerely|yours (?:truly|faithfully|sincerely)"
    r"|best,|cheers,|atentamente|saludos|un (?:cordial )?saludo|cordialmente|atenciosamente"
    r"|mit freundlichen grüßen|distinti saluti|bien à vous|此致|敬礼|敬上|祝好|顺祝|敬具"
    r"|с уважением|مع خالص|تحياتي|감사합니다|드림)",
    re.IGNORECASE,
)
_TELLS_TEXT = lazy_pattern(
    r"\b(?:write|draft|compose|explain|summari[sz]e|describe|tell|translate|define|what|how|why"
    r"|essay|poem|story|article|escribe|redacta|explica|explícame|resume|describe|traduce|define"
    r"|qué|cómo|por qué|ensayo|poema|cuento|artículo)\b",
    re.IGNORECASE,
)
_ASKS = lazy_pattern(
    r"(?:\A|[.!?:;] +|\n[ \t]*(?:[-*•]|\d{1,2}[.)])?[ \t]*|,? (?:and|then|y|luego) )\W{0,3}"
    r"(?:please |por favor,? )?"
    r"(?:write|draft|compose|create|explain|summari[sz]e|describe|translate|define|design|build"
    r"|implement|develop|analy[sz]e|review|compare|list|give|provide|produce|generate|answer|use"
    r"|include|state|identify|outline|cover|start|begin|make|show|keep|ensure|add|avoid|do|find"
    r"|fix|refactor|optimi[sz]e|improve|plan|propose|prepare|return|check|test|document|consider"
    r"|act|tell|read|take|work|walk|present|discuss|determine|evaluate|assess|research|focus"
    r"|help|ask|suggest|edit|recommend|audit|merge|rewrite|rephrase|proofread|correct|convert|turn"
    r"|transform|set|choose|pick|rank|sort|select|calculate|compute|estimate|solve|prove|teach|guide"
    r"|brainstorm|invent|imagine|name|mention|say|look|go|put|split|combine|organi[sz]e|structure"
    r"|format|group|extract|count|simulate|play|respond|reply|stay|assume|treat|interpret|apply"
    r"|follow|limit|leave|remove|replace|change|update|note|point|invite|remind|encourage|persuade"
    r"|advise|coach|train|draw|sketch|map|debug|diagnose|investigate|trace|run|set up|configure"
    r"|arrange|break|capture|clarify|classify|compile|complete|condense|craft|demonstrate|detail"
    r"|devise|elaborate|examine|expand|explore|formulate|illustrate|introduce|justify|paraphrase"
    r"|reformulate|specify|extend|finish|begin|adapt|argue|assign|attach|balance|base|bring|characterise"
    r"|characterize|cite|comment|conduct|connect|construct|contrast|critique|deliver|depict|derive"
    r"|distinguish|divide|emphasi[sz]e|engage|enumerate|establish|forecast|frame|highlight|inform"
    r"|interview|link|localise|localize|narrate|negotiate|offer|optimise|order|pitch|predict|prioriti[sz]e"
    r"|quote|recap|reconstruct|reflect|report|restate|retell|sum|synthesi[sz]e|tailor|touch|weigh"
    r"|migrate|automate|validate|verify|confirm|reply|call|gather|collect|decide|simplify|shorten"
    r"|escrib[ea]|redact[ea]|explica|explique|resum[ea]|describ[ea]|traduc[ea]|traduzca|define"
    r"|defina|diseñ[ae]|constru[iy]\w+|implement[ae]|desarroll[ae]|analic?[ez]?a?|analiz[ae]"
    r"|revis[ae]|compar[ae]|enumer[ae]|d[ae]|proporcion[ae]|produ\w+|gener[ae]|respond[ea]|us[ae]"
    r"|incluy[ea]|indi(?:ca|que)|identifi(?:ca|que)|empieza|comienza|ha[zg]a?|muestr[ae]"
    r"|mant(?:én|enga)|añad[ea]|evit[ae]|crea|cree|prepar[ae]|propon\w*|elabor[ae]|present[ae]"
    r"|planifi\w+|audit[ae]|refactori\w+|pid[ae]|pregunt[ae]|ayud[ae]|sugier[ae]|recomiend[ae]"
    r"|conviert[ae]|transform[ae]|calcul[ae]|organi[cz]\w+|orden[ae]|busca|busque|encuentra|elig[ea]"
    r"|selecciona|nombr[ae]|menciona|reún[ae]|verifi\w+|comprueba|valid[ae]|configur[ae]|ejecut[ae]"
    r"|instal[ae]|resuelv[ae]|imagina|ten|pon|dime|cuent[ae]|enseñ[ae]|guía|adapt[ae]|reescrib[ea]"
    r"|aplica|clasifica|comenta|completa|compón|detalla|esboza|evalúa|examina|extrae|formula|ilustra"
    r"|investiga|justifica|propón|amplía|argumenta|asigna|cita|contrasta|destaca|divide|expón|facilita"
    r"|narra|ofrece|prioriza|recopila|reflexiona|relata|señala|sintetiza|valora"
    r"|sigue|respeta|cubre|edita|simplifica|decide|limita|cambia|quita|elimina|reemplaza|interpreta"
    r"|document[ae]|corr[ie]\w+|optimi[cz]\w+|mejor[ae]|plante\w*|actúa|le[ea])\b"
    r"|\b(?:you (?:are|will|must|should|need)|your (?:task|job|goal|answer|role)|must|should"
    r"|(?:the|this) (?:task|goal|aim|answer|output|result|reader|audience) (?:is|are|needs)"
    r"|debe[ns]?|deberá[ns]?|tu (?:tarea|objetivo|respuesta)|el objetivo|hay que|se debe)\b",
    re.IGNORECASE,
)
_LONG_ENOUGH_FOR_AN_ANSWER = 200

_MAY_BE_UNFILLED = lazy_pattern(r"[\[<{_]|TODO|FIXME|TBD|TBC|XXX|N/A|\.\.\.|…|[Ll]orem")
_UNFILLED = lazy_pattern(
    r"\[(?i:insert|add|enter|your|fill|describe|specify|provide|name of|put|todo|tbd|placeholder"
    r"|inserta|inserte|añade|agrega|escribe|tu|su|completa|especifica|nombre|indica"
    r"|insira|seu|votre|insérer|hier|inserisci|il tuo)\b[^\]\n]{0,120}\]"
    r"|[<{](?i:insert|your|fill in|inserta|completa|pon|tu) [^>}\n]{1,120}[>}]"
    # In capitals only: "sobre todo:" is Spanish.
    r"|\b(?:TODO|FIXME)\s*:|\A\W*(?:TODO|TBD|FIXME|XXX|N/A|\.\.\.|…)\W*\Z|:\s*(?:TBD|TBC)\b"
    r"|\b[Ll]orem ipsum\b|(?<!\w)_{4,}(?!\w)"
)


# Cheap to look for, and one of them stands in whatever the pattern above finds.
_SIGNS_OF_AN_AI = (
    (
        "as an ai as an artificial|as a language|as a large|as a ai|as an language|i'm |i’m |i am |"
        "i can|como ia|como una ia|como inteligencia|como una inteligencia|como modelo|"
        "como un modelo|como una modelo|como asistente|como un asistente|soy |lo siento|no puedo"
    )
    .replace("as an ai as", "as an ai|as")
    .split("|")
)


def answered(rewrite: Rewrite) -> GateFailure | None:
    """Fails where the backend did the task, or talked to the user, instead of writing a
    prompt: "Sure, here is", "As an AI", finished code, a finished letter or essay."""
    return failure("answered", dict.fromkeys(_answers(rewrite)))


def _answers(rewrite: Rewrite) -> Iterator[str]:
    for part in rewrite.parts:
        opening = _OPENING.match(part)
        if opening and not rewrite.is_given(opening.group().strip()):
            yield f"{_IT_IS_A_PROMPT}, and leave out: {opening.group().strip()}"
    lower = rewrite.written.lower()
    talks = any(sign in lower for sign in _SIGNS_OF_AN_AI)
    for match in _AS_AN_AI.finditer(rewrite.written) if talks else ():
        if not rewrite.is_given(match.group()):
            yield f"{_IT_IS_A_PROMPT}, and leave out: {match.group()}"
    directive = rewrite.without_given(rewrite.prompt.directive).strip()
    if rewrite.is_given(directive):  # a part of the idea, whose material stands elsewhere
        directive = ""
    if any(_is_code(rewrite, part) for part in (directive, rewrite.prompt.output_format)):
        yield f"{_IT_IS_A_PROMPT}: it must hold no finished code."
    elif _LETTER.search(directive) and _FAREWELL.search(directive):
        yield f"{_IT_IS_A_PROMPT}: it must hold no finished letter."
    # A prompt for a picture is a description: it has no verb that says what to do.
    elif directive and rewrite.prompt.target is not Target.IMAGE and _is_essay(rewrite):
        yield f"{_IT_IS_A_PROMPT}: it must hold no finished text."


def _is_code(rewrite: Rewrite, part: str) -> bool:
    """Four lines of code that the user did not give, or as much code as words. Data in a
    fence (JSON, YAML) shows a format and is no code."""
    given = {line.strip() for line in (rewrite.idea + "\n" + rewrite.context).splitlines()}
    if "```" in part:
        part = _FENCED_DATA.sub("", part)
    lines = [line for line in part.splitlines() if line.strip() and line.strip() not in given]
    lines = [line for line in lines if not line.lstrip().startswith("```")]
    code = sum(1 for line in lines if is_code_line(line))
    return code >= 4 or (code > 0 and code * 2 >= len(lines))


def _is_essay(rewrite: Rewrite) -> bool:
    """Long running text that asks nobody for anything, where the idea asks for text."""
    directive = rewrite.prompt.directive
    return (
        len(directive) >= _LONG_ENOUGH_FOR_AN_ANSWER
        and rewrite.prompt.language in ("en", "es")
        and _TELLS_TEXT.search(rewrite.idea) is not None
        and not _ASKS.search(directive)
    )


def unfilled(rewrite: Rewrite) -> GateFailure | None:
    """Fails where the backend left a blank for somebody to fill: ``[insert name]``, ``TODO:``."""
    blanks = dict.fromkeys(
        match.group().strip()
        for part in rewrite.parts
        if _MAY_BE_UNFILLED.search(part)
        for match in _UNFILLED.finditer(part)
        if not rewrite.is_given(match.group().strip())
    )
    return failure("unfilled", (f"Fill in or leave out: {blank}" for blank in blanks))
