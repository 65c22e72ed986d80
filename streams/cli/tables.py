"""Rows for a person: a table on a terminal, plain lines elsewhere."""

from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from kranhub.text import Text


def show(headings: Sequence[Text], rows: Iterable[Sequence[str]]) -> None:
    """Write the rows on standard output; their cells may hold anything."""
    console = Console()
    if not console.is_terminal:
        for row in rows:
            click.echo("  ".join(row))
        return
    table = Table()
    for heading in headings:
        table.add_column(str(heading), overflow="fold")
    for row in rows:
        table.add_row(*(Styled(cell) for cell in row))
    console.print(table)
