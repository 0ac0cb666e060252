"""Texts side by side, as wide as the terminal is."""

import textwrap
from itertools import zip_longest

GAP = 2
NARROWEST = 22


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width`; its own line breaks stay."""
    lines = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, width, subsequent_indent=_indent(line)) or [""]
    return lines


def side_by_side(texts: list[tuple[str, str]], width: int) -> str:
    """Columns with a heading each, in as many rows of columns as the width asks for."""
    columns = max(1, min(len(texts), (width + GAP) // (NARROWEST + GAP)))
    column = (width + GAP) // columns - GAP
    rows = [texts[i : i + columns] for i in range(0, len(texts), columns)]
    return "\n\n".join(_row(row, column) for row in rows)


def _row(texts: list[tuple[str, str]], column: int) -> str:
    blocks = []
    for heading, text in texts:
        head = wrapped(heading, column)
        blocks.append(head + ["-" * column] + wrapped(text, column))
    tallest = max(block.index("-" * column) for block in blocks)
    for block in blocks:  # the rules stand in one line
        missing = tallest - block.index("-" * column)
        block[:0] = [""] * missing
    lines = zip_longest(*blocks, fillvalue="")
    return "\n".join((" " * GAP).join(f"{cell:{column}}" for cell in line).rstrip() for line in lines)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
