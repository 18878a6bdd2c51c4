"""What can be wrong with an expression, said with the place where it is."""

from motcua.errors import Invalid


class RuleError(Invalid):
    """An expression that cannot be read or computed; line and column count from 1.

    Reads as ``line 1, column 14: unknown name 'lệ phí'``; ``vi`` says the same in Vietnamese.
    """

    slug = "rule-error"

    def __init__(self, line: int, column: int, message: str, message_vi: str = "") -> None:
        self.line = line
        self.column = column
        self.message = message
        self.message_vi = message_vi or message
        super().__init__(
            f"dòng {line}, cột {column}: {self.message_vi}",
            f"line {line}, column {column}: {message}",
        )
