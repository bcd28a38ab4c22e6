"""The parts of an improved prompt, and rendering them as text."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Framework(StrEnum):
    """How the prompt asks the model to go about the task."""

    CHAIN_OF_THOUGHT = "chain-of-thought"
    TREE_OF_THOUGHTS = "tree-of-thoughts"
    DECOMPOSITION = "decomposition"
    ROLE_PLAYING = "role-playing"


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredPrompt:
    """An improved prompt in parts. Its text is always rendered from them, so that the text
    and the parts cannot disagree.

    ``language`` (ISO 639-1) is that of the headings and of the method sentence; a language
    that is not in ``_WORDING`` gets the English ones.
    """

    role: str
    directive: str
    framework: Framework
    guardrails: tuple[str, ...]
    output_format: str = ""
    context: str = ""
    reasoning: str | None = None
    confidence: float | None = None
    language: str = "en"

    def render(self) -> str:
        """The prompt as Markdown: role, task, context, method, guardrails, output format,
        in this order, without the sections that are empty.

        The sections are the only headings at the top level of the result, whatever stands
        in the parts: text that could break out of its section is put in a fence, and the
        context always is. Nothing of any part is changed but white space in the guardrails.
        """
        words = _WORDING.get(self.language, _WORDING["en"])
        guardrails = "\n".join(f"- {' '.join(rule.split())}" for rule in self.guardrails)
        sections = (
            (words.role, contain(self.role)),
            (words.task, contain(self.directive)),
            (words.context, fence(self.context) if self.context.strip() else ""),
            (words.method, words.methods[self.framework]),
            (words.guardrails, guardrails),
            (words.output_format, contain(self.output_format)),
        )
        return "\n\n".join(f"## {title}\n\n{body}" for title, body in sections if body.strip())


# Whatever CommonMark reads as a heading, as a fence, or as HTML that runs on past a blank
# line; a line of dashes or equal signs makes a heading of the line above it.
_BREAKS_OUT = re.compile(
    r"(?:\A|[\r\n])[ \t]*"
    r"(?:#{1,6}(?:[ \t\r\n]|\Z)|```|~~~|(?:-+|=+)[ \t]*(?:[\r\n]|\Z)"
    r"|<(?:script|pre|style|textarea|!|\?))",
    re.IGNORECASE,
)


_FENCE = re.compile(r"(`{3,})text\n(.*)\n\1", re.DOTALL)


def contain(text: str) -> str:
    """``text`` as it is, or in a fence where it could end the section that it stands in.
    Text that ends with a fence of ``fence`` is judged by what stands before that."""
    before, gap, after = text.partition("\n\n```")
    closed = _FENCE.fullmatch(f"```{after}") if gap else None
    if closed and closed[1] not in closed[2]:
        return fence(text) if _BREAKS_OUT.search(before) else text
    return fence(text) if _BREAKS_OUT.search(text) else text.strip()


def fence(text: str) -> str:
    """``text`` verbatim in a fence that nothing in it can close (CommonMark 0.31, 4.5)."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}text\n{text}\n{mark}"


@dataclass(frozen=True, slots=True)
class _Wording:
    role: str
    task: str
    context: str
    method: str
    guardrails: str
    output_format: str
    methods: dict[Framework, str]


def _wording(titles: str, *methods: str) -> _Wording:
    role, task, context, method, guardrails, output_format = titles.split(", ")
    sentences = dict(zip(Framework, methods, strict=True))
    return _Wording(role, task, context, method, guardrails, output_format, sentences)


_WORDING = {
    "en": _wording(
        "Role, Task, Context, Method, Guardrails, Output format",
        "Work through the task step by step before you answer, and check the result against "
        "the guardrails.",
        "Sketch two or three different ways, compare them by their trade-offs, and carry out "
        "the best one.",
        "Split the task into parts, solve them in the order in which they depend on each other, "
        "and put the results together.",
        "Keep to the role from beginning to end, with its vocabulary and its audience in mind.",
    ),
    "es": _wording(
        "Rol, Tarea, Contexto, Método, Reglas, Formato de salida",
        "Resuelve la tarea paso a paso antes de responder y comprueba el resultado con las reglas.",
        "Esboza dos o tres caminos distintos, compara sus ventajas e inconvenientes y desarrolla "
        "el mejor.",
        "Divide la tarea en partes, resuélvelas en el orden en que dependen unas de otras y une "
        "los resultados.",
        "Mantén el rol de principio a fin, con su vocabulario y su público en mente.",
    ),
    "pt": _wording(
        "Papel, Tarefa, Contexto, Método, Regras, Formato de saída",
        "Resolva a tarefa passo a passo antes de responder e confira o resultado com as regras.",
        "Esboce dois ou três caminhos diferentes, compare as vantagens e desvantagens e "
        "desenvolva o melhor.",
        "Divida a tarefa em partes, resolva-as na ordem em que dependem umas das outras e junte "
        "os resultados.",
        "Mantenha o papel do início ao fim, com o seu vocabulário e o seu público em mente.",
    ),
    "fr": _wording(
        "Rôle, Tâche, Contexte, Méthode, Règles, Format de sortie",
        "Traite la tâche étape par étape avant de répondre et vérifie le résultat avec les règles.",
        "Esquisse deux ou trois approches différentes, compare leurs avantages et leurs "
        "inconvénients, puis développe la meilleure.",
        "Divise la tâche en parties, traite-les dans l'ordre où elles dépendent les unes des "
        "autres, puis réunis les résultats.",
        "Garde le rôle du début à la fin, avec son vocabulaire et son public à l'esprit.",
    ),
    "de": _wording(
        "Rolle, Aufgabe, Kontext, Vorgehen, Regeln, Ausgabeformat",
        "Gehe die Aufgabe Schritt für Schritt durch, bevor du antwortest, und prüfe das Ergebnis "
        "an den Regeln.",
        "Entwirf zwei oder drei verschiedene Wege, vergleiche ihre Vor- und Nachteile und führe "
        "den besten aus.",
        "Zerlege die Aufgabe in Teile, löse sie in der Reihenfolge, in der sie voneinander "
        "abhängen, und füge die Ergebnisse zusammen.",
        "Bleibe von Anfang bis Ende in der Rolle, mit ihrem Wortschatz und ihrem Publikum vor "
        "Augen.",
    ),
    "it": _wording(
        "Ruolo, Compito, Contesto, Metodo, Regole, Formato di uscita",
        "Svolgi il compito passo dopo passo prima di rispondere e verifica il risultato con le "
        "regole.",
        "Abbozza due o tre strade diverse, confrontane vantaggi e svantaggi e sviluppa la "
        "migliore.",
        "Dividi il compito in parti, risolvile nell'ordine in cui dipendono l'una dall'altra e "
        "unisci i risultati.",
        "Mantieni il ruolo dall'inizio alla fine, con il suo lessico e il suo pubblico in mente.",
    ),
}
