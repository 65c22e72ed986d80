"""Codes of companies: real ones pass, one wrong digit is found as far as a check digit can."""

from collections.abc import Callable

import pytest
import stdnum.ru.ogrn
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kranhub.configuration.checks import Problem
from kranhub.parties import codes
from kranhub.parties.codes import Gln, Inn, Kpp, Ogrn, Ogrnip, Registration

CHECKS: dict[str, Problem] = {
    "inn": codes.inn_problem,
    "kpp": codes.kpp_problem,
    "ogrn": codes.ogrn_problem,
    "ogrnip": codes.ogrnip_problem,
    "gln": codes.gln_problem,
}


def numbers(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True)


def inn_sum(before: str) -> int:
    return sum(w * int(d) for w, d in zip((3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)[-len(before) :], before, strict=True)) % 11


def company_inn(before: str) -> str:
    return f"{before}{inn_sum(before) % 10}"


def person_inn(before: str) -> str:
    return company_inn(company_inn(before))


def ogrn(before: str) -> str:
    return f"{before}{int(before) % 11 % 10}"


def gln(before: str) -> str:
    return f"{before}{-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(before)) % 10}"


def ogrnip(before: str) -> str:
    return f"{before}{int(before) % 13 % 10}"


COMPANIES = numbers(r"(0[1-9]|[1-9][0-9])[0-9]{7}").map(company_inn)
PERSONS = numbers(r"(0[1-9]|[1-9][0-9])[0-9]{8}").map(person_inn)
OGRN = numbers(r"[15][0-9]{11}").map(ogrn)
OGRNIP = numbers(r"3[0-9]{13}").map(ogrnip)
GLN = numbers(r"[0-9]{12}").map(gln)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("inn", "7707083893"),  # Sberbank
        ("inn", "7736050003"),  # Gazprom
        ("inn", "7736207543"),  # Yandex
        ("inn", "500100732259"),  # the usual example of a person's
        ("kpp", "773601001"),  # Sberbank
        ("kpp", "9909AB001"),
        ("ogrn", "1027700132195"),  # Sberbank
        ("ogrn", "1027700070518"),  # Gazprom
        ("ogrn", "1027700229193"),  # Yandex
        ("ogrnip", "304500116000157"),  # the usual example
        ("gln", "9501101530003"),  # an example in GS1's manuals
        ("gln", "5412345000013"),  # another one
    ],
)
def test_real_codes_pass(kind: str, code: str) -> None:
    assert CHECKS[kind](code) is None


@pytest.mark.parametrize("kind", CHECKS)
@pytest.mark.parametrize(
    "code", ["", "0", "7707083893 ", "７７０７０８３８９３", "77070838930", "КПП", "1e12", "9" * 500]
)
def test_what_is_no_code_is_refused_in_both_languages(kind: str, code: str) -> None:
    problem = CHECKS[kind](code)
    assert problem is not None
    assert problem.ru != problem.en
    assert len(problem.en) < 200


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        ("inn", "7707083894", "mistyped"),
        ("inn", "500100732258", "mistyped"),
        ("inn", "500100732249", "mistyped"),
        ("inn", "0000000000", "no INN"),
        ("inn", "7707083893\n", "no INN"),
        ("kpp", "7736ab001", "no KPP"),
        ("kpp", "7736АВ001", "no KPP"),  # Cyrillic letters that look Latin
        ("ogrn", "1027700132194", "mistyped"),
        ("ogrn", "2027700132199", "no OGRN"),  # the number of a later entry
        ("ogrnip", "304500116000158", "mistyped"),
        ("ogrnip", "404500116000152", "no OGRNIP"),
        ("gln", "9501101530004", "mistyped"),
    ],
)
def test_a_mistake_is_named(kind: str, code: str, said: str) -> None:
    problem = CHECKS[kind](code)
    assert problem is not None
    assert said in problem.en


@given(COMPANIES | PERSONS, OGRN, OGRNIP, GLN)
def test_every_code_with_its_check_digit_passes(inn: str, register: str, trader: str, gln: str) -> None:
    found = [CHECKS["inn"](inn), CHECKS["ogrn"](register), CHECKS["ogrnip"](trader), CHECKS["gln"](gln)]
    assert found == [None, None, None, None]
    assert codes.registration_problem(register) is codes.registration_problem(trader) is None


@given(st.data())
@pytest.mark.parametrize(
    ("check", "valid", "remainder"),
    [
        ("inn", COMPANIES, lambda code: inn_sum(code[:9])),
        ("ogrn", OGRN, lambda code: int(code[:12]) % 11),
        ("ogrnip", OGRNIP, lambda code: int(code[:14]) % 13),
        ("gln", GLN, lambda code: 0),
    ],
)
def test_one_wrong_digit_is_found(
    check: str, valid: st.SearchStrategy[str], remainder: Callable[[str], int], data: st.DataObject
) -> None:
    code = data.draw(valid)
    place = data.draw(st.integers(1, len(code) - 1))
    wrong = code[:place] + data.draw(numbers("[0-9]")) + code[place + 1 :]
    assume(wrong != code)
    if check != "gln" and place < len(code) - 1:  # remainders of two digits share a check digit with another
        assume(remainder(wrong) % 10 != remainder(code) % 10)
    assume(not (check == "inn" and wrong.startswith("00")))
    assert CHECKS[check](wrong) is not None


@given(st.text("0123456789", min_size=9, max_size=16))
def test_verdicts_are_those_of_the_published_rules(code: str) -> None:
    if not code.startswith("00"):
        made = {10: company_inn(code[:9]), 12: person_inn(code[:10])}
        assert (CHECKS["inn"](code) is None) == (made.get(len(code)) == code)
    if len(code) == 13:
        assert (CHECKS["gln"](code) is None) == (gln(code[:12]) == code)
        assert (CHECKS["ogrn"](code) is None) == (ogrn(code[:12]) == code and code[0] in "15")


@given(OGRNIP)
def test_the_check_digit_of_a_sole_trader_is_the_last_of_the_remainders_digits(code: str) -> None:
    """python-stdnum compares the whole remainder, and so refuses three of thirteen: that check stays ours."""
    assert stdnum.ru.ogrn.is_valid(code) == (int(code[:14]) % 13 < 10)
    assert CHECKS["ogrnip"](code) is None


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Inn, "7707083893", "7707083894"),
        (Kpp, "773601001", "77360100"),
        (Ogrn, "1027700132195", "304500116000157"),
        (Ogrnip, "304500116000157", "1027700132195"),
        (Registration, "304500116000157", "304500116000158"),
        (Gln, "5412345000013", "5412345000014"),
    ],
)
def test_a_model_takes_good_codes_only(kind: type, good: str, bad: str) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert adapter.validate_python(good) == good
    with pytest.raises(ValidationError, match=r"mistyped|is no"):
        adapter.validate_python(bad)
