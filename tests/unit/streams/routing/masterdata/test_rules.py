"""Routing rules as data: the first that matches decides, and every mistake names its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import Misconfigured
from kranhub.parties.members import covers
from streams.routing.masterdata import masterdata, rules
from streams.routing.masterdata.rules import Mode, Rank, Rule, Rules, When

MEMBERS, NOMENCLATURE = Path("deploy/members/omsk.yaml"), Path("deploy/nomenclature/omsk.yaml")

TWO = """rules:
  - rule: programme-first
    when: {kind: [SALE], okpd2: ["28.22"], buyer: [sibir-terminal], programme: [GP-1]}
    rank: earliest-promise
    mode: approve
    deny: [harbin-crane]
    answer_within_working_days: 1
  - rule: capability-rank
"""


def test_omsks_last_rule_takes_everything_stock_first() -> None:
    last = rules.load(Path("deploy/rules/omsk.yaml")).rules[-1]
    assert (last.rank, last.mode, last.when) == (Rank.EARLIEST_PROMISE, Mode.AUTO, When())
    assert (last.answer_within_working_days, last.maximum_portions) == (2, 4)


@pytest.mark.parametrize(
    ("kind", "okpd2", "buyer", "programme", "rule"),
    [
        ("SALE", "28.22.14.121", "sibir-terminal", "GP-1", "programme-first"),
        ("LEASE", "28.22.14.121", "sibir-terminal", "GP-1", "capability-rank"),
        ("SALE", "28.221", "sibir-terminal", "GP-1", "capability-rank"),
        ("SALE", "28.22", "irtysh-stroy", "GP-1", "capability-rank"),
        ("SALE", "28.22", "sibir-terminal", None, "capability-rank"),
    ],
)
def test_the_first_rule_that_matches_in_everything_decides(
    tmp_path: Path, kind: str, okpd2: str, buyer: str, programme: str | None, rule: str
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(TWO, encoding="utf-8")
    found = masterdata.load(MEMBERS, NOMENCLATURE, file).rule_for(kind, okpd2, buyer, programme)
    assert found is not None
    assert found.rule == rule


def test_where_nothing_matches_there_is_no_rule() -> None:
    assert Rules(rules=(Rule(rule="a", when=When(kind=("LEASE",))),)).first("SALE", "28", "x", None) is None


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("kind: [SALE]", "kind: [SELL]", 3, "SALE"),
        ('okpd2: ["28.22"]', 'okpd2: ["28.22."]', 3, "okpd2"),
        ("rank: earliest-promise", "rank: earliest", 4, "earliest-promise"),
        ("mode: approve", "mode: ask", 5, "approve"),
        ("deny: [harbin-crane]", "deny: [harbin]", 6, "'harbin', who is no member"),
        ("deny: [harbin-crane]", "deny: [oemz]\n    allow: [oemz]", 2, "allows and denies 'oemz'"),
        ("buyer: [sibir-terminal]", "buyer: [sibir]", 3, "'sibir', who is no member"),
        ("answer_within_working_days: 1", "answer_within_working_days: 0", 7, "greater than or equal to 1"),
        ("  - rule: capability-rank\n", "  - rule: programme-first\n", 8, "stands twice"),
        ("  - rule: capability-rank\n", "  - rule: all\n  - rule: capability-rank\n", 9, "matches everything"),
    ],
)
def test_a_mistake_names_file_line_and_remedy(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    file = tmp_path / "rules.yaml"
    assert old in TWO
    file.write_text(TWO.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Misconfigured) as refused:
        masterdata.load(MEMBERS, NOMENCLATURE, file)
    assert f"{file}:{line}:" in refused.value.text.en
    assert f"{file}:{line}:" in refused.value.text.ru
    assert said in refused.value.text.en


KINDS, CODES = st.sampled_from(["SALE", "LEASE"]), st.sampled_from(["28.22", "28.22.14", "25"])
BUYERS, PROGRAMMES = st.sampled_from(["aa", "bb"]), st.sampled_from(["GP-1", "GP-2"])
WHENS = st.builds(
    When,
    kind=st.lists(KINDS, max_size=1).map(tuple),
    okpd2=st.lists(CODES, max_size=2).map(tuple),
    buyer=st.lists(BUYERS, max_size=1).map(tuple),
    programme=st.lists(PROGRAMMES, max_size=1).map(tuple),
).filter(lambda when: when != When())


@given(st.lists(WHENS, max_size=4), KINDS, CODES, BUYERS, st.none() | PROGRAMMES)
def test_all_rules_before_the_one_that_decides_say_no(
    whens: list[When], kind: str, okpd2: str, buyer: str, programme: str | None
) -> None:
    made = [Rule(rule=f"r{at}", when=when) for at, when in enumerate(whens)]
    found = Rules(rules=(*made, Rule(rule="rest"))).first(kind, okpd2, buyer, programme)

    def fits(when: When) -> bool:
        asked = ((when.kind, kind), (when.buyer, buyer), (when.programme, programme))
        is_code = not when.okpd2 or any(covers(prefix, okpd2) for prefix in when.okpd2)
        return is_code and all(not listed or value in listed for listed, value in asked)

    assert found is not None
    assert found.rule == next((rule.rule for rule in made if fits(rule.when)), "rest")
