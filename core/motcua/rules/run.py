"""One computation: the names in force and the budget of steps and depth."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from motcua.rules.errors import Finding, RuleError
from motcua.rules.values import Function, settled, weight

MAX_STEPS = 100_000
MAX_LENGTH = 100_000
MAX_FRAMES = 400
FORGIVING = "\0"
Unknown = Literal["error", "null"]
Place = tuple[int, int]
_NOTHING: Mapping[str, object] = {}


class Run:
    """The names of the caller (``context``), those of loops and functions (``local``), the budget.

    ``strict`` makes an unknown name an error; ``now`` is the moment that ``now()`` gives; ``notes``
    says why a decision table gave null. The values of a ``clean`` context are in the form used
    inside, others are converted when they are first read.
    """

    __slots__ = ("clean", "context", "deep", "known", "left", "local", "notes", "now", "strict")

    def __init__(
        self, context: Mapping[str, object], strict: bool = True, now: datetime | None = None,
        left: int = MAX_STEPS,
    ) -> None:  # fmt: skip
        self.context = context
        self.strict = strict
        self.now = now
        self.left = left
        self.clean = False
        self.deep = 0
        self.notes: list[Finding] = []
        self.local: Mapping[str, object] = _NOTHING
        self.known: dict[str, object] = {}

    def spend(self, at: Place, steps: int = 1) -> None:
        """Take steps from the budget; raises RuleError when it is spent."""
        self.left -= steps
        if self.left < 0:
            raise RuleError(*at, "too much work", "biểu thức tính quá nhiều bước")

    def fetch(self, name: str, at: Place) -> object:
        """Return a variable of the caller, converted once; raises RuleError for an unknown name."""
        if name in self.context:
            found = self.context[name]
            if not self.clean:
                found = settled(found)
                self.spend(at, weight(found))
            self.known[name] = found
            return found
        if self.strict and FORGIVING not in self.local:
            raise RuleError(*at, f"unknown name '{name}'", f"không có thông tin tên '{name}'")
        return None

    def below(self, context: Mapping[str, object]) -> "Run":
        """Return a run over other names that goes on with the same budget; see ``above``."""
        inner = Run(context, self.strict, self.now, self.left)
        inner.clean, inner.deep, inner.notes = True, self.deep, self.notes
        return inner

    def invoke(self, function: Function, given: Sequence[object], at: Place) -> object:
        """Call a function with the arguments in order; null when there are too many or too few."""
        fits = function.takes or len(function.parameters).__eq__
        if not fits(len(given)):
            return None
        self.spend(at, function.cost)
        self.deep += function.height
        if self.deep > MAX_FRAMES:
            raise RuleError(*at, "functions call each other too deeply", "hàm gọi nhau quá sâu")
        try:
            return function.call(self, given)
        finally:
            self.deep -= function.height


Code = Callable[[Run], object]
