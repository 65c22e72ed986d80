"""The members file: Omsk's is valid, and every mistake names file, line and remedy."""

from decimal import Decimal
from pathlib import Path

import pytest

from kranhub.errors import Misconfigured
from kranhub.parties import members
from kranhub.parties.members import Money, Quantity, Role

OMSK = Path("deploy/members/omsk.yaml")

PLANT = """members:
  - id: works
    name: {en: Works, ru: Завод}
    roles: [plant]
    country: RU
    time_zone: Asia/Omsk
    sites:
      - {id: works-one, name: {en: One, ru: Один}, time_zone: Asia/Omsk}
    capabilities: ["28.22"]
"""


def test_omsk_has_its_five_plants_and_every_role() -> None:
    omsk = members.load(OMSK)
    plants = {member.id for member in omsk.members if Role.PLANT in member.roles}
    assert plants == {"ruskran", "zmk-most", "tsvetnoy-bulvar", "oetz", "oemz"}
    assert {role for member in omsk.members for role in member.roles} == set(Role)
    assert any(member.country == "CN" for member in omsk.members)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("roles: [plant]", "roles: [plnt]", 4, "plnt|plant"),
        ("country: RU", "country: Russia", 5, "country"),
        ("Asia/Omsk\n    sites", "Asia/Omks\n    sites", 6, "IANA"),
        ("id: works\n", "id: WORKS 1\n", 2, "id"),
        ("    country: RU\n", "", 2, "country"),
        ("    country: RU\n", "    country: RU\n    colour: red\n", 6, "colour"),
        ('    capabilities: ["28.22"]\n', "", 2, "capabilities"),
        ("roles: [plant]", "roles: [plant", 5, "YAML"),
        ('["28.22"]', '["28.22", "28,3"]', 9, "okpd2"),
        ('["28.22"]', '[{okpd2: "28.22", capacity: {quantity: 0, unit: H87}}]', 9, "quantity"),
        ('["28.22"]', '[{okpd2: "28.22", capacity: {quantity: 4, unit: PCE}}]', 9, "Recommendation 20"),
        ('["28.22"]', '[{okpd2: "28.22", cost: {amount: 1, currency: rub}}]', 9, "currency"),
        ("country: RU", "country: RU\n    inn: '7707083894'", 6, "INN"),
        ("country: RU", "country: RU\n    region: Omsk", 6, "region"),
        ("country: RU", "country: RU\n    programmes: [kran-2030]", 2, "role programme"),
        ("members:", "transport: {days: [{from: works, to: nobody, days: 3}]}\nmembers:", 1, "nobody"),
        ("members:", "transport: {default_days: -1}\nmembers:", 1, "default_days"),
    ],
)
def test_a_mistake_names_the_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    file = tmp_path / "members.yaml"
    assert old in PLANT
    file.write_text(PLANT.replace(old, new), encoding="utf-8")
    with pytest.raises(Misconfigured, match=words) as caught:
        members.load(file)
    assert f"{file}:{line}:" in caught.value.text.en
    assert f"{file}:{line}:" in caught.value.text.ru


def test_a_member_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "members.yaml"
    file.write_text(PLANT + PLANT.removeprefix("members:\n"), encoding="utf-8")
    with pytest.raises(Misconfigured, match="twice"):
        members.load(file)


def test_a_capability_is_a_code_or_says_how_long_and_how_much(tmp_path: Path) -> None:
    file = tmp_path / "members.yaml"
    much = '{okpd2: "28.3", working_days: 45, capacity: {quantity: 8, unit: H87}, cost: {amount: 9.5, currency: CNY}}'
    file.write_text(PLANT.replace('["28.22"]', f'["28.22", {much}]'), encoding="utf-8")
    plain, full = members.load(file).members[0].capabilities
    assert (plain.okpd2, plain.working_days, plain.capacity, plain.cost) == ("28.22", 5, None, None)
    assert (full.okpd2, full.working_days) == ("28.3", 45)
    assert full.capacity == Quantity(quantity=Decimal(8), unit="H87")
    assert full.cost == Money(amount=Decimal("9.5"), currency="CNY")


def test_a_way_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "members.yaml"
    way = "{from: works, to: works, days: 1}"
    file.write_text(f"transport: {{days: [{way}, {way}]}}\n{PLANT}", encoding="utf-8")
    with pytest.raises(Misconfigured, match="works to works"):
        members.load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.yaml"):
        members.load(tmp_path / "nowhere.yaml")


LOT = "lot: {quantity: 6, unit: H87}"
RATE = "rate: {quantity: 4, unit: H87}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (f"{LOT}, lot_days: 2, {RATE}", "a rate and a lot"),
        (LOT, "only one of lot and lot_days"),
        ("lot_days: 2", "only one of lot and lot_days"),
        ("setup_days: 2", "setup_days without a rate or a lot"),
        ("work_centre: welding", "only one of work_centre and usage"),
        ("usage: 2", "only one of work_centre and usage"),
        ("work_centre: welding, usage: 2, capacity: {quantity: 1, unit: H87}", "a capacity and a work_centre"),
        ("work_centre: welding, usage: 2", "names work centre 'welding', which is not among its work_centres"),
    ],
)
def test_a_capability_that_contradicts_itself_is_refused(tmp_path: Path, fields: str, words: str) -> None:
    file = tmp_path / "members.yaml"
    file.write_text(PLANT.replace('["28.22"]', f'[{{okpd2: "28.22", {fields}}}]'), encoding="utf-8")
    with pytest.raises(Misconfigured, match=words) as caught:
        members.load(file)
    assert "members.yaml:" in caught.value.text.ru


def test_a_capability_names_a_work_centre_of_its_member(tmp_path: Path) -> None:
    file = tmp_path / "members.yaml"
    able = '[{okpd2: "28.22", setup_days: 2, rate: {quantity: 4, unit: H87}, work_centre: welding, usage: 2}]'
    centre = "{id: welding, capacity: {quantity: 200, unit: HUR}}"
    text = PLANT.replace('["28.22"]', f"{able}\n    work_centres: [{centre}]")
    file.write_text(text, encoding="utf-8")
    (member,) = members.load(file).members
    assert member.work_centres[0].capacity == Quantity(quantity=Decimal(200), unit="HUR")
    (capability,) = member.capabilities
    assert (capability.work_centre, capability.usage, capability.setup_days) == ("welding", Decimal(2), 2)
    file.write_text(text.replace(centre, f"{centre}, {centre}"), encoding="utf-8")
    with pytest.raises(Misconfigured, match="stands twice"):
        members.load(file)
