"""Which artefact an idea is for, where that is certain."""

from dataclasses import replace
from itertools import takewhile

from prompt_improver.improvement.lazy_pattern import lazy_pattern
from prompt_improver.improvement.offline.artefacts import (
    Artefact,
    Catalogue,
    artefact,
    catalogue,
    pattern,
)
from prompt_improver.improvement.offline.frame_choice import head_of
from prompt_improver.improvement.offline.grammar import grammar
from prompt_improver.improvement.offline.request import Request, bare_request, requests
from prompt_improver.improvement.offline.signs import Signs

_LONGEST_BARE = 5  # words of a thing that is named without a verb


def artefact_of(
    masked: str, asked: list[Request], frame: str | None, signs: Signs
) -> Artefact | None:
    """The only artefact that the idea is for; None where none is certain, or two. ``frame`` is
    that of the task, if one was recognised."""
    known, language = catalogue(), signs.language
    found: set[str] = set()
    for request in asked:
        found |= _named(known, request, signs)
    found |= set(known.frames.get(frame or "", ()))
    if not found:
        found = _after_comma(known, masked, signs)
    if not found and (bare := bare_request(masked, language, signs.known.verbs[language])):
        thing = head_of(bare, frozenset(known.things[language]), language)
        # A word alone is no request; after many words the thing is hardly what is asked for.
        if thing and len(bare.phrase) <= _LONGEST_BARE and len((*bare.phrase, *bare.rest)) > 1:
            found.add(known.things[language][thing])
    request_text = signs.folded.strip()
    if not found:
        found = {
            name
            for name, shows in known.matches.items()
            if pattern(shows).search(request_text) and _has_material(artefact(name), signs)
        }
    if len(found) != 1:
        return None
    one = artefact(found.pop())
    return one if one.allows(request_text) else None


def _after_comma(known: Catalogue, masked: str, signs: Signs) -> set[str]:
    """What is asked for after what is told: "I have three weeks, make me a study plan"."""
    then = grammar().signs["then_asks"]
    if not then.search(masked):
        return set()
    language = signs.language
    verbs = signs.known.verbs[language] | known.verbs[language]
    asked = requests(then.sub(". ", masked), language, verbs, signs.known.ambiguous)
    return set().union(*(_named(known, request, signs) for request in asked))


def _has_material(one: Artefact, signs: Signs) -> bool:
    if one.material == "text":
        return signs.given
    return signs.code or not one.material


def _named(known: Catalogue, request: Request, signs: Signs) -> set[str]:
    """The artefacts that one request names."""
    language = signs.language
    found = set()
    if request.kind == "imperative" and (name := _act(known, request, language)):
        found.add(name)
    makes = signs.known.generic[language] | signs.known.tasks["brainstorm"].verbs[language]
    if request.kind != "wanted" and request.verb not in makes:
        return found
    for one in (_before_gerund(request), *_joined(request)):
        thing = head_of(one, frozenset(known.things[language]), language)
        if thing:
            found.add(known.things[language][thing])
            continue
        thing = head_of(one, frozenset(known.weak[language]), language)
        others = any(term not in thing and thing not in term for term in signs.programming)
        if thing and (others or signs.code):
            found.add(known.weak[language][thing])
    return found


def _act(known: Catalogue, request: Request, language: str) -> str:
    acts = known.acts[language]
    if (name := acts.get(f"{request.verb} *")) and (request.phrase or request.rest):
        return name
    if request.points and (name := acts.get(f"{request.verb} ~")):
        return name
    heads = frozenset(
        act.partition(" ")[2] for act in acts if act.partition(" ")[0] == request.verb
    )
    thing = head_of(request, heads, language) if heads else ""
    return acts[f"{request.verb} {thing}"] if thing else ""


def _before_gerund(request: Request) -> Request:
    """ "A tweet announcing our app" is a tweet; a landing page stays one."""
    for position, word in enumerate(request.phrase):
        if position and word.endswith("ing") and position + 1 < len(request.phrase):
            shorter = replace(request, phrase=request.phrase[:position])
            things = catalogue().things["en"].keys()
            if shorter.phrase[-1] in things or " ".join(shorter.phrase[-2:]) in things:
                return shorter
    return request


def _joined(request: Request) -> list[Request]:
    """ "A poem for my cat and a letter": the second thing."""
    ends = grammar().boundary["en"] | grammar().boundary["es"]
    found = []
    for position, word in enumerate(request.rest[:-2]):
        if word not in ("and", "y") or not _ARTICLE.fullmatch(request.rest[position + 1]):
            continue
        phrase = tuple(takewhile(lambda w: w not in ends, request.rest[position + 2 :][:4]))
        found.append(Request("wanted", "", phrase, (), points=False, definite=True))
    return found


_ARTICLE = lazy_pattern(r"an?|una?|some|\d+")
