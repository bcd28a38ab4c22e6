"""What this process has made, where it may not be in the history."""

from collections import OrderedDict

from prompt_improver.improvement.improved import Improved

_MOST_MADE = 200


class MadeImprovements:
    """The newest improvements of this process, by id: where agents have no history they are all
    that can be refined, and one may have to wait for the answers to its questions."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, Improved] = OrderedDict()

    def put(self, improved: Improved) -> None:
        self._made[improved.history.prompt_id] = improved
        if len(self._made) > _MOST_MADE:
            self._made.popitem(last=False)

    def get(self, prompt_id: str) -> Improved | None:
        return self._made.get(prompt_id)
