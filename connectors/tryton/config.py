"""What a plant's engineer writes down about a Tryton."""

import os
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from kranhub.configuration.checks import Mistake
from kranhub.errors import Misconfigured
from kranhub.parties.members import MemberId
from kranhub.text import Text

# Tryton's unit symbols to UN/CEFACT Recommendation 20.
UNITS = {
    "u": "H87",
    "set": "SET",
    "kit": "KT",
    "kg": "KGM",
    "g": "GRM",
    "t": "TNE",
    "m": "MTR",
    "mm": "MMT",
    "cm": "CMT",
    "km": "KMT",
    "m²": "MTK",
    "cm²": "CMK",
    "m³": "MTQ",
    "l": "LTR",
    "s": "SEC",
    "min": "MIN",
    "h": "HUR",
    "d": "DAY",
}
UnitCode = Annotated[str, Field(pattern="^[A-Z0-9]{2,3}$")]


class Side(StrEnum):
    """Which way the company trades with the hub."""

    CUSTOMER = "customer"  # its purchases go out as orders, statuses come back
    PLANT = "plant"  # plant orders come in as sales; answers, stock and productions go out


class ReceiptKind(StrEnum):
    """What is still to come into stock."""

    PURCHASES = "purchases"
    PRODUCTIONS = "productions"


class Config(BaseModel):
    """One Tryton database and what its codes mean in the hub.

    The password is in an environment variable or a file, never in this configuration. Times are in seconds.
    ``epoch`` must be raised by one when the ERP was restored from a backup, so that rewritten numbers are new events.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    url: str = Field(pattern="^https?://[^/]+/?$", description="base URL, such as https://tryton.example:8000")
    database: str = Field(min_length=1)
    user: str = Field(min_length=1)
    password: SecretStr | None = Field(None, description="for tests; else password_env or password_file")
    password_env: str | None = None
    password_file: Path | None = None
    side: Side
    company: str | None = Field(None, description="company's name, where the user works for several")
    hub_party: str = Field("hub", description="code of the party that stands for the hub in Tryton")
    parties: dict[MemberId, str] = Field(default_factory=dict, description="member id to party code")
    units: dict[str, UnitCode] = Field(default_factory=lambda: dict(UNITS), description="unit symbol to Rec 20")
    sites: dict[str, MemberId] = Field(default_factory=dict, description="warehouse code to site id")
    planned_receipts: tuple[ReceiptKind, ...] = Field(
        (), description="plant side: what is reported as still to come into stock"
    )
    order_kind: Literal["SALE", "SPARE_PART", "SERVICE", "LEASE"] = "SALE"
    complete_delivery: bool = False
    alternatives_allowed: bool | None = Field(None, description="customer side: alternative items may be delivered")
    since: date | None = Field(None, description="leave what was last changed before this day")
    epoch: int = Field(1, ge=1)
    poll_interval: float = Field(5.0, gt=0)
    overlap: float = Field(600.0, ge=0, description="longer than Tryton's longest transaction")
    withdraw_after_seconds: float = Field(
        120.0, ge=0, description="customer side: an order that was taken back for longer is cancelled"
    )
    vanished_limit: int = Field(20, ge=0, description="customer side: if more vanish at once, a right is missing")
    timeout: float = Field(60.0, gt=0, description="of one request")

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if sum(given is not None for given in (self.password, self.password_env, self.password_file)) != 1:
            raise Mistake(
                Text(
                    en="give exactly one of password_env and password_file",
                    ru="укажите что-то одно: password_env или password_file",
                )
            )
        return self

    def secret(self) -> str:
        """Return the password.

        Raises:
            Misconfigured: When the environment variable or the file is missing.
        """
        if self.password is not None:
            return self.password.get_secret_value()
        if self.password_env is not None:
            return _from_environment(self.password_env)
        return _from_file(self.password_file or Path())


def _from_environment(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise Misconfigured(
        Text(
            en=f"The variable {name} is empty. Put the password of the Tryton user into it.",
            ru=f"Переменная {name} пуста. Поместите в неё пароль пользователя Tryton.",
        )
    )


def _from_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(
            Text(
                en=f"The password file {file} cannot be read ({error.strerror}). Check the path and the rights.",
                ru=f"Файл с паролем {file} не читается ({error.strerror}). Проверьте путь и права доступа.",
            )
        ) from None
