"""Codes that identify a company by law or in trade: each check returns what is wrong with a code, or None.

A check digit finds typing mistakes; whether the company exists can only be seen in its register.
"""

import re
from typing import Annotated

from pydantic import AfterValidator
from stdnum import ean
from stdnum.ru import inn, ogrn

from kranhub.configuration.checks import refusing, shown
from kranhub.text import Text


def inn_problem(text: str) -> Text | None:
    """Check an INN: 10 digits of a company, 12 of a person; the first two are a region, so not 00.

    Source: order MMV-7-6/435@ of the Federal Tax Service, 2012.
    """
    if not re.fullmatch(r"(?!00)([0-9]{10}|[0-9]{12})", text):
        return Text(
            en=f"{shown(text)} is no INN: a company's has 10 digits, a person's 12. Take it from the register.",
            ru=f"{shown(text)} не ИНН: у организации в нём 10 цифр, у физического лица 12. Возьмите его из реестра.",
        )
    return None if inn.is_valid(text) else _mistyped("INN", "ИНН", text)


def kpp_problem(text: str) -> Text | None:
    """Check a KPP: four digits of the tax office, two digits or Latin capitals of the reason, three of the number.

    A KPP has no check digit. Source: order MMV-7-6/435@ of the Federal Tax Service, 2012.
    """
    if re.fullmatch(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}", text):
        return None
    return Text(
        en=f"{shown(text)} is no KPP: it has nine characters, digits but for the fifth and sixth, "
        "which may be Latin capitals. Take it from the register.",
        ru=f"{shown(text)} не КПП: в нём девять знаков, все цифры, кроме пятого и шестого: "
        "там могут стоять заглавные латинские буквы. Возьмите его из ЕГРЮЛ.",
    )


def ogrn_problem(text: str) -> Text | None:
    """Check a company's OGRN: 13 digits, the first 1 or 5; the last is the others mod 11 mod 10.

    Source: order 165n of the Ministry of Finance, 2017, item 7.
    """
    if not re.fullmatch(r"[15][0-9]{12}", text):
        return Text(
            en=f"{shown(text)} is no OGRN: it has 13 digits and begins with 1 or 5. Take it from the register.",
            ru=f"{shown(text)} не ОГРН: в нём 13 цифр, и первая 1 или 5. Возьмите его из ЕГРЮЛ.",
        )
    return None if ogrn.is_valid(text) else _mistyped("OGRN", "ОГРН", text)


def ogrnip_problem(text: str) -> Text | None:
    """Check a sole trader's OGRNIP: 15 digits, the first 3; the last is the others mod 13 mod 10.

    Source: order 165n of the Ministry of Finance, 2017, item 7: "the lowest digit of the remainder". python-stdnum 2.2
    leaves that last step out, so it refuses every number whose remainder is 10, 11 or 12.
    """
    if not re.fullmatch(r"3[0-9]{14}", text):
        return Text(
            en=f"{shown(text)} is no OGRNIP: it has 15 digits and begins with 3. Take it from the register.",
            ru=f"{shown(text)} не ОГРНИП: в нём 15 цифр, и первая 3. Возьмите его из ЕГРИП.",
        )
    return _mistyped("OGRNIP", "ОГРНИП", text) if int(text[:-1]) % 13 % 10 != int(text[-1]) else None


def registration_problem(text: str) -> Text | None:
    """Check a number that may be an OGRN or, if it has 15 characters, an OGRNIP."""
    return ogrnip_problem(text) if len(text) == 15 else ogrn_problem(text)


def gln_problem(text: str) -> Text | None:
    """Check a GLN: 13 digits, the last by GS1's mod 10 (weights 1 and 3). Source: GS1 General Specifications, 7.9."""
    if not re.fullmatch(r"[0-9]{13}", text):
        return Text(
            en=f"{shown(text)} is no GLN: it has 13 digits. Take it from the company's GS1 certificate.",
            ru=f"{shown(text)} не GLN: в нём 13 цифр. Возьмите его из свидетельства GS1.",
        )
    return None if ean.is_valid(text) else _mistyped("GLN", "GLN", text)


def _mistyped(en: str, ru: str, text: str) -> Text:
    return Text(
        en=f"{en} {text} is mistyped: its check digit does not fit the other digits. Compare it with the original.",
        ru=f"{ru} {text} набран с ошибкой: контрольная цифра не подходит к остальным. Сверьте с оригиналом.",
    )


Inn = Annotated[str, AfterValidator(refusing(inn_problem))]
Kpp = Annotated[str, AfterValidator(refusing(kpp_problem))]
Ogrn = Annotated[str, AfterValidator(refusing(ogrn_problem))]
Ogrnip = Annotated[str, AfterValidator(refusing(ogrnip_problem))]
Registration = Annotated[str, AfterValidator(refusing(registration_problem))]
Gln = Annotated[str, AfterValidator(refusing(gln_problem))]
