"""What a check came to."""

from dataclasses import dataclass

_SHOWN = 4


@dataclass(frozen=True)
class Finding:
    """One check: what it is, what was counted, and what is wrong (empty when it holds)."""

    name: str
    said: str
    wrong: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return not self.wrong

    def __str__(self) -> str:
        mark = "holds" if self.ok else "FAULT"
        more = "" if self.ok else f"; {len(self.wrong)} wrong: " + "; ".join(self.wrong[:_SHOWN])
        return f"{mark}  {self.name}: {self.said}{more}"
