"""Telling a line of code from a line of prose."""

from prompt_improver.improvement.lazy_pattern import lazy_pattern

_LONGEST = 300

_KINDS = (
    r"(?:async )?def \w+\s*\(",
    r"class \w+[^.]{0,80}[:{]\Z",
    r"import [\w.{*][^.]*(?: from |;|\Z)|from [\w.]+ import ",
    r"(?:export )?(?:default )?(?:async )?function\b\s*\w*\s*\(",
    r"(?:export )?(?:const|let|var) [\w{\[][^=]{0,60}=",
    r"export (?:default|const|class|interface)\b",
    r"interface \w+ \{|type \w+ = ",
    r"return\b[^.]{0,200}[;)\]}]\Z|return \w+(?: [+\-*/%] \w+)*\Z",
    r"(?:\} )?(?:if|for|while|switch|catch|else)\b.*\{\Z",
    r"(?:if|elif|while) [\w.()\[\]! ]{1,60}(?:[=<>]=? ?[\w\"']+)?:\Z|for \w+ in [\w.()]{1,60}:\Z",
    r"(?:else|try|finally):\Z|except\b.{0,60}:\Z",
    r"#include\b|#!/",
    r"(?:public|private|protected|static) [\w<>\[\] ]{1,60}[({;]",
    r"(?:SELECT .{1,200}\bFROM\b|INSERT INTO |CREATE TABLE |DELETE FROM |ALTER TABLE )",
    r"</?[a-z][\w-]*(?: \w[^>]{0,200})?/?>\Z|<[a-z][\w-]*(?: \w[^>]{0,200})?>.{0,100}</",
    r"[\])}]+[;,]?\Z",
    r"@\w+(?:\.\w+)*(?:\(.{0,80}\))?\Z",
    r"[\w.\[\]]+ [+\-*/]?= \S.{0,120}\Z",
    r"[\w.]+\(.{0,120}\);?\Z",
    r"[\w.]+\(.{0,120}\) (?:=>|->).{0,80}\Z",
    r".{1,120}\);\Z",
)
_MAY_BE = lazy_pattern(r"[(){}=;<>@#\]]|:\Z|\A(?:return|import|from|type|[A-Z]{3,}) ")
_CODE = lazy_pattern("|".join(_KINDS))


def is_code_line(line: str) -> bool:
    """Whether ``line`` is a statement of a common language; prose that names code is not."""
    start = line[:_LONGEST].strip()
    return _MAY_BE.search(start) is not None and _CODE.match(start) is not None
