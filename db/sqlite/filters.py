"""A HistoryFilter as SQL: conditions that lead SQLite along one index, the best there is."""

from dataclasses import dataclass

from db.sqlite.rows import COLUMNS, to_text
from prompt_improver.domain.history_filter import EQUALS, HistoryFilter

FIRST, LAST = "0000", "9999-12-31 23:59:59.999"
"""Around every timestamp."""
# What str.strip takes away.
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
# The beginning alone, unless that is blank: no improvement is.
_CUT = "iif(trim(substr({0}, 1, :cut), :blanks) = '', {0}, substr({0}, 1, :cut)) AS {0}"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a SELECT from prompt_history says for ``wanted``, but for its text. ``cut``: idea and
    prompt end after so many characters."""

    wanted: HistoryFilter
    cut: int | None = None

    @property
    def first(self) -> str:
        """From when, as the table has it."""
        return FIRST if self.wanted.start is None else to_text(self.wanted.start)

    @property
    def last(self) -> str:
        """Up to when, as the table has it."""
        return LAST if self.wanted.end is None else to_text(self.wanted.end)

    @property
    def by_number(self) -> bool:
        """Whether rows are found by their numbers, in the order in which they were saved."""
        return self.wanted.text is not None or self.wanted.tag is not None

    @property
    def narrow(self) -> bool:
        """Whether not every row that a text or a tag finds is wanted."""
        both = self.wanted.text is not None and self.wanted.tag is not None
        return both or bool(self._given) or (self.first, self.last) != (FIRST, LAST)

    @property
    def table(self) -> str:
        """What the rows are read from, along the index of the first condition."""
        if self._given[:1] == ["starred"] and self.wanted.starred:
            # Left to itself SQLite takes prompt_history_kept, where rated rows stand too.
            return "prompt_history INDEXED BY prompt_history_by_starred"
        return "prompt_history"

    @property
    def sql(self) -> str:
        """Conditions, each with AND behind it. The first goes along its index; a plus keeps the
        others from theirs, which would have to be sorted."""
        return self._conditions(leads=1)

    @property
    def sql_of_numbered(self) -> str:
        """The same for rows that are fetched by number."""
        return f"{self._conditions(leads=0)}+timestamp BETWEEN :first AND :last"

    @property
    def columns(self) -> str:
        """What is read of each row."""
        if self.cut is None:
            return COLUMNS
        return COLUMNS.replace("original_idea", _CUT.format("original_idea")).replace(
            "improved_prompt", _CUT.format("improved_prompt")
        )

    @property
    def parameters(self) -> dict[str, str | int]:
        """What all of these name."""
        found: dict[str, str | int] = {"first": self.first, "last": self.last}
        found |= {name: getattr(self.wanted, name) for name in self._given if name != "starred"}
        if self.cut is not None:
            found |= {"cut": self.cut, "blanks": _BLANKS}
        return found

    @property
    def _given(self) -> list[str]:
        return [name for name in EQUALS if getattr(self.wanted, name) is not None]

    def _conditions(self, leads: int) -> str:
        # One statement for each set of filters: with "backend = ? OR ? IS NULL" SQLite would use
        # no index; and of a value that is bound it does not know that starred = 1.
        starred = f"starred = {int(bool(self.wanted.starred))}"
        said = (starred if name == "starred" else f"{name} = :{name}" for name in self._given)
        return "".join(
            f"{'' if number < leads else '+'}{condition} AND "
            for number, condition in enumerate(said)
        )
