"""The pages of the docs that hold figures: each has them between two markers."""

import re
from collections.abc import Callable
from pathlib import Path

from kranhub.errors import Misconfigured
from kranhub.text import Text


def put(page: Path, content: Callable[[], str], name: str = "figures") -> None:
    """Write the content between the page's markers of this name. Raises `Misconfigured` when the page has none."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = page.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise Misconfigured(
            Text(
                en=f"{page} has lost its markers. Put these two lines back: {begin} and {end}",
                ru=f"В {page} нет меток. Верните две строки: {begin} и {end}",
            )
        )
    block = f"{begin}\n{content()}\n{end}"
    page.write_text(re.sub(f"{begin}.*{end}", lambda _: block, text, flags=re.DOTALL), encoding="utf-8")
