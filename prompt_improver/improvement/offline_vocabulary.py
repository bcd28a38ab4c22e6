"""The words of ``offline_knowledge/words.toml``, and finding them in a text."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

KNOWLEDGE = Path(__file__).with_name("offline_knowledge")

_SAMPLE_HEAD, _SAMPLE_TAIL = 1_500, 500
"""Characters looked at of a long text: pasted material has its request before or after it."""

_FOLD = str.maketrans("áéíóúüñàèìòùâêîôûäëïöçãõ", "aeiouunaeiouaeiouaeiocao", "'’`")
_TOKEN = re.compile(r"[a-z0-9][a-z0-9+#]*|[.:](?=\s|\Z)|[,;!?()\n]")


@dataclass(slots=True)
class Entry:
    """All that one word or phrase can mean."""

    verb: str = ""
    noun: str = ""
    object: str = ""
    symptom: str = ""
    generic: str = ""
    framework: str = ""
    fields: list[str] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Item:
    """One word or phrase of a text, and the entry that it matched, if any."""

    text: str
    words: int
    entry: Entry


class Vocabulary:
    """The words, compiled for matching. Matching a text takes time in proportion to its
    length, up to 2,000 characters; of a longer one beginning and end are read."""

    def __init__(self, words: dict[str, Any]) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
        self._prefixes: dict[str, Entry] = {}
        self.generic = words["generic_verbs"]
        self._known: dict[tuple[str, ...], Entry] = {}
        for name, lists in words["intents"].items():
            for kind in ("verbs", "nouns", "objects", "symptoms"):
                for entry in self._entries(lists.get(kind, {})):
                    setattr(entry, kind[:-1], name)
        for name, lists in words["generic_verbs"].items():
            for entry in self._entries(lists):
                entry.generic = name
        for name, lists in words["fields"].items():
            for entry in self._entries(lists):
                if name not in entry.fields:
                    entry.fields.append(name)
        for name, phrases in words["frameworks"].items():
            for entry in self._entries({"": phrases}):
                entry.framework = name
        for name in _MARKS:
            for entry in self._entries(words[name]):
                entry.marks.add(name)
        for candidates in self._phrases.values():
            candidates.sort(key=lambda candidate: -len(candidate[0]))
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        for phrase, entry in self._known.items():
            self._inherit(phrase, entry)
        self.fields = list(words["fields"])

    def _inherit(self, phrase: tuple[str, ...], entry: Entry) -> None:
        """Give an exact word what its stem means ("fix" is "fix*" too), and a phrase that
        only names a field what its main word names ("rest api" is an api)."""
        if len(phrase) == 1:
            stem = self._stem(phrase[0])
            entry.verb = entry.verb or stem.verb
            entry.noun = entry.noun or stem.noun
            return
        if entry.verb or entry.noun:
            parts = (self._known.get((word,), _NOTHING).fields for word in phrase)
            entry.fields = entry.fields or list(dict.fromkeys(chain.from_iterable(parts)))
        elif entry.fields:
            main_word = phrase[0 if entry.languages == {"es"} else -1]
            named = self._known.get((main_word,), _NOTHING)
            entry.noun, entry.object = named.noun, named.object

    def _entries(self, lists: dict[str, Any]) -> Iterator[Entry]:
        for language in ("en", "es", ""):
            for phrase in lists.get(language, ()):
                words = tuple(_fold(phrase).split())
                entry = self._known.get(words)
                if entry is None:
                    entry = self._known[words] = Entry()
                    if words[-1].endswith("*") and len(words) == 1:
                        self._prefixes[words[0][:-1]] = entry
                    else:
                        self._phrases.setdefault(words[0], []).append((words, entry))
                if language:
                    entry.languages.add(language)
                yield entry

    def clauses(self, text: str) -> list[list[Item]]:
        if len(text) > _SAMPLE_HEAD + _SAMPLE_TAIL:
            text = f"{text[:_SAMPLE_HEAD]}\n{text[-_SAMPLE_TAIL:]}"
        tokens = _TOKEN.findall(_fold(text))
        clauses: list[list[Item]] = [[]]
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if not token[0].isalnum():
                clauses.append([])
                position += 1
                continue
            item = self._match(tokens, position)
            clauses[-1].append(item)
            position += item.words
        return [clause for clause in clauses if clause]

    def _match(self, tokens: list[str], position: int) -> Item:
        token = tokens[position]
        for words, entry in self._phrases.get(token, ()):
            end = position + len(words)
            if len(words) == 1:
                return Item(token, 1, entry)
            if _same(tokens[position:end], words):
                return Item(" ".join(tokens[position:end]), len(words), entry)
        return Item(token, 1, self._stem(token))

    def _stem(self, token: str) -> Entry:
        for length in self._prefix_lengths:
            if length <= len(token) and (entry := self._prefixes.get(token[:length])):
                return entry
        return _NOTHING


_NOTHING = Entry()
_MARKS = (
    *("lead", "negation", "undecided", "unclear", "pointing", "indefinite", "boundary"),
    *("empty", "small", "statement", "exclusion", "hazy", "persona", "joint"),
)


def _fold(text: str) -> str:
    """Lower case, without accents and apostrophes."""
    text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text.translate(_FOLD)


def _same(tokens: list[str], words: tuple[str, ...]) -> bool:
    if len(tokens) != len(words):
        return False
    if words[-1].startswith("*"):
        return tokens[:-1] == list(words[:-1]) and tokens[-1].endswith(words[-1][1:])
    if words[-1].endswith("*"):
        return tokens[:-1] == list(words[:-1]) and tokens[-1].startswith(words[-1][:-1])
    return tokens == list(words)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read at the first call and then kept."""
    return Vocabulary(tomllib.loads((KNOWLEDGE / "words.toml").read_text("utf-8")))
