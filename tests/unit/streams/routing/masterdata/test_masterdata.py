"""Master data from files: every mistake names file, line and remedy; the look-ups that routing needs."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import Misconfigured
from kranhub.parties import members
from kranhub.parties.members import Capability, Member, Members, Name, Role, Site, covers
from streams.routing.masterdata import masterdata
from streams.routing.masterdata.items import Component, Item, Nomenclature
from streams.routing.masterdata.masterdata import MasterData, gaps

DEPLOY = Path("deploy")
MEMBERS, NOMENCLATURE = DEPLOY / "members/omsk.yaml", DEPLOY / "nomenclature/omsk.yaml"
RULES, CALENDARS = DEPLOY / "rules/omsk.yaml", DEPLOY / "calendars/omsk.yaml"
OMSK = masterdata.load(MEMBERS, NOMENCLATURE, RULES, CALENDARS)
NAME = Name(en="x", ru="х")


def changed(path: Path, folder: Path, old: str, new: str) -> tuple[Path, int]:
    """Write the file with one change; return where it is and the line of the change."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    copy = folder / path.parent.name / path.name
    copy.parent.mkdir()
    copy.write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy, text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "below", "said"),
    [
        ("{item: girder-main-22m5, q", "{item: girder-x, q", 0, "crane-bridge-10t-22m5 -> girder-x: 'girder-x' is no"),
        ("zmk-most: ZM-STRUCT", "zmk-mist: ZM-STRUCT", 0, "who is no member"),
        ("    unit: MTK", "    unit: XXX", 0, "Recommendation 20"),
        ("feeds: coating-girders", "feeds: nothing", 0, "no other component"),
        ("quantity: 350}", "quantity: 350, feeds: girder-main-22m5}", -1, "in a circle"),
        ("{item: end-carriage-10t, q", "{item: girder-main-22m5, q", 0, "stands twice in the bill"),
        ("{zmk-most: ZM-BG-225, ruskran: RK-GIRDER-225}", "{ruskran: RK-CRANE-10}", 0, "another item"),
        ("item: bridge-span", "item: steel-structure", 0, "stands twice"),
        ("version: 1\nitems", "version: 1\nsupply: buy\nitems", 1, "supply"),
    ],
)
def test_a_mistake_in_the_nomenclature_names_its_line(
    tmp_path: Path, old: str, new: str, below: int, said: str
) -> None:
    path, line = changed(NOMENCLATURE, tmp_path, old, new)
    with pytest.raises(Misconfigured) as refused:
        masterdata.load(MEMBERS, path)
    assert f"{path}:{line + below}:" in refused.value.text.en
    assert said in refused.value.text.en


def items(**bills: str) -> Nomenclature:
    """A nomenclature of items with these components, separated by blanks."""
    parts = {name: [Component(item=part, quantity=Decimal(1)) for part in bill.split()] for name, bill in bills.items()}
    found = [
        Item(item=name, okpd2="25.11", name=NAME, unit="H87", components=tuple(bill)) for name, bill in parts.items()
    ]
    return Nomenclature(version=1, items=tuple(found))


@pytest.mark.parametrize(
    ("bills", "said"),
    [
        ({"a": "b", "b": "a"}, "a -> b -> a: the bill of 'a' contains itself"),
        ({"a": "b", "b": "c", "c": "d b", "d": ""}, "b -> c -> b: "),
        ({"a": "a"}, "a -> a: "),
        ({"a": "b", "b": "c"}, "a -> b -> c: 'c' is no item here"),
    ],
)
def test_a_bill_with_a_circle_or_a_hole_is_refused_with_the_way_to_it(bills: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match="Nomenclature") as refused:
        items(**bills)
    assert said in str(refused.value)


def test_bills_may_have_bills_and_share_a_component() -> None:
    assert [part.item for part in items(a="b c", b="d", c="d", d="").by_id["a"].bill()] == ["b", "c"]


def test_what_is_bought_has_no_bill_to_explode() -> None:
    (item, *rest) = items(a="b", b="").items
    bought = Nomenclature(version=1, items=(item.model_copy(update={"supply": "buy"}), *rest))
    assert bought.by_id["a"].bill() == ()


def test_what_nobody_makes_is_a_warning_unless_it_is_bought() -> None:
    (item,) = items(a="").items
    strange = item.model_copy(update={"okpd2": "01.11"})
    text = gaps(MasterData(OMSK.members, Nomenclature(version=1, items=(strange,))))
    assert "a (OKPD2 01.11)" in text[0].en
    assert "01.11" in text[0].ru
    bought = Item.model_validate({**strange.model_dump(), "supply": "buy"})
    assert gaps(MasterData(OMSK.members, Nomenclature(version=1, items=(bought,)))) == []
    assert gaps(OMSK) == []


def test_coating_goes_to_the_one_who_lists_it_first_and_plants_come_before_partners() -> None:
    assert OMSK.candidates("coating-girders") == ("tsvetnoy-bulvar", "zmk-most")
    assert OMSK.candidates("trolley-hoist-10t") == ("ruskran", "harbin-crane")
    assert OMSK.candidates("nothing") == ()


def test_the_demonstration_cranes_parts_take_the_days_that_they_take() -> None:
    days = {item: OMSK.makers(item)[0].capability.working_days for item in OMSK.items}
    assert [days[item.item] for item in OMSK.nomenclature.items[:7]] == [10, 20, 15, 45, 25, 20, 5]


PREFIXES = st.sampled_from(["28", "28.22", "28.22.14", "28.22.1", "25.11", "28.22.14.121"])


@st.composite
def makers(draw: st.DrawFn) -> Members:
    found = []
    for number in range(draw(st.integers(1, 4))):
        role = draw(st.sampled_from([Role.PLANT, Role.PARTNER, Role.SERVICE, Role.CUSTOMER]))
        codes = draw(st.lists(PREFIXES, min_size=1, max_size=3))
        site = Site(id="site", name=NAME, time_zone="Asia/Omsk")
        found.append(
            Member(
                id=f"m{number}",
                name=NAME,
                roles=frozenset({role}),
                country="RU",
                time_zone="Asia/Omsk",
                sites=(site,),
                capabilities=tuple(Capability(okpd2=code) for code in codes),
            )
        )
    return Members(members=tuple(found))


@given(makers(), PREFIXES)
def test_makers_are_ranked_by_length_role_place_and_file(members: Members, okpd2: str) -> None:
    item = Item(item="a", okpd2=okpd2, name=NAME, unit="H87")
    found = MasterData(members, Nomenclature(version=1, items=(item,))).makers("a")
    by_id = {member.id: (at, member) for at, member in enumerate(members.members)}

    def rank(maker: masterdata.Maker) -> tuple[int, bool, int, int]:
        at, member = by_id[maker.member]
        place = member.capabilities.index(maker.capability)
        return -len(maker.capability.okpd2), Role.PLANT not in member.roles, place, at

    assert [rank(maker) for maker in found] == sorted(rank(maker) for maker in found)
    able = [member for member in members.members if any(covers(each.okpd2, okpd2) for each in member.capabilities)]
    assert {maker.member for maker in found} == {member.id for member in able if Role.CUSTOMER not in member.roles}
    for maker in found:
        fits = [each for each in by_id[maker.member][1].capabilities if covers(each.okpd2, okpd2)]
        assert len(maker.capability.okpd2) == max(len(each.okpd2) for each in fits)


def test_a_prefix_covers_whole_groups_of_digits() -> None:
    assert covers("28.22", "28.22.14")
    assert covers("28.22", "28.22")
    assert not covers("28.2", "28.22")


def test_codes_lead_to_items_and_back() -> None:
    item = OMSK.items["motor-crane-7kw5"]
    known = item.model_copy(update={"more_codes": {"oemz": ("EM-OLD",)}})
    master = MasterData(OMSK.members, Nomenclature(version=1, items=(known,)))
    assert master.item_of("oemz", "EM-MTF-75") == master.item_of("oemz", "EM-OLD") == known
    assert master.item_of("oemz", "?") is None
    assert master.code_for("oemz", known.item) == "EM-MTF-75"
    assert master.code_for("zmk-most", known.item) == known.item
    assert master.code_for("zmk-most", "nothing") == "nothing"


def test_everybody_has_a_calendar_and_strangers_work_five_days_a_week() -> None:
    assert OMSK.calendar("harbin-crane").calendar == "cn-5x2"
    assert OMSK.calendar("oemz").calendar == "ru-5x2"
    assert OMSK.calendar("first_unknown_member") is masterdata.FIVE_DAYS
    plain = masterdata.load(MEMBERS, NOMENCLATURE)
    assert plain.calendar("oemz") is masterdata.FIVE_DAYS
    assert plain.rules.rules[0].rule == "capability-rank"


def test_goods_take_as_long_back_as_there_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    assert OMSK.transport_days("harbin-crane", "ruskran") == OMSK.transport_days("ruskran", "harbin-crane") == 14
    assert OMSK.transport_days("oemz", "ruskran") == 1
    assert OMSK.transport_days("oemz", "oemz") == 0
    old = "    - {from: harbin-crane, to: ruskran, days: 14}\n"
    path, _ = changed(MEMBERS, tmp_path, old, f"{old}    - {{from: ruskran, to: harbin-crane, days: 20}}\n")
    other = members.load(path)
    assert other.transport.between("ruskran", "harbin-crane") == 20
    assert other.transport.between("harbin-crane", "ruskran") == 14


def test_a_calendar_that_does_not_exist_is_named_with_its_line(tmp_path: Path) -> None:
    path, line = changed(MEMBERS, tmp_path, "calendar: cn-5x2", "calendar: cn-6x1")
    with pytest.raises(Misconfigured, match="cn-6x1") as refused:
        masterdata.load(path, NOMENCLATURE, RULES, CALENDARS)
    assert f"{path}:{line}:" in refused.value.text.en
    assert f"{path}:{line}:" in refused.value.text.ru


def test_a_rate_in_a_unit_that_an_item_does_not_convert_to_is_refused(tmp_path: Path) -> None:
    able = '{okpd2: "27.11.24", working_days: 25,'
    wrong, line = changed(MEMBERS, tmp_path, able, f"{able} rate: {{quantity: 4, unit: MTR}},")
    with pytest.raises(Misconfigured, match="rate is in MTR") as caught:
        masterdata.load(wrong, NOMENCLATURE)
    assert f"{wrong}:{line}:" in caught.value.text.ru
