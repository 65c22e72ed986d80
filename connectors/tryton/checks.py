"""What `connector check` looks at in a Tryton before the first document flows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.tryton.client import Client, Record
from connectors.tryton.codes import Codes
from connectors.tryton.config import Config, ReceiptKind, Side
from connectors.tryton.errors import Refused, ServerFailed
from connectors.tryton.stock import ambiguous
from kranhub.errors import Misconfigured
from kranhub.text import Text

# Model to the rights that the connector needs there.
NEEDS: Mapping[Side, Mapping[str, Sequence[str]]] = {
    Side.CUSTOMER: {
        "purchase.purchase": ("read", "write"),
        "purchase.line": ("read", "write"),
        "product.product": ("read",),
        "party.party": ("read",),
    },
    Side.PLANT: {
        "sale.sale": ("read", "write", "create"),
        "sale.line": ("read", "write", "create", "delete"),
        "stock.move": ("read",),
        "stock.location": ("read",),
        "production": ("read",),
        "product.product": ("read",),
        "party.party": ("read",),
    },
}
CLOCKS_APART = timedelta(minutes=5)
PAGE = 1000
MODULES = {"purchase": "purchase", "sale": "sale", "stock": "stock", "production": "production"}


async def check(client: Client, codes: Codes) -> None:
    """Log in and verify modules, rights, parties, warehouses and units.

    Raises:
        Misconfigured: For what a person must correct.
        Unavailable: When Tryton does not answer.
    """
    await client.company()
    _check_clock(client.server_time, datetime.now(UTC))
    for model, rights in needs(codes.config).items():
        await _check_rights(client, model, rights)
    await _check_parties(client, codes)
    await _check_units(client, codes)
    if codes.config.side is Side.PLANT:
        await _check_sites(client, codes)
        await _check_codes(client)


def needs(config: Config) -> Mapping[str, Sequence[str]]:
    """Return the rights that the connector needs, by model.

    Args:
        config: The connector's configuration.
    """
    receipts = ReceiptKind.PURCHASES in config.planned_receipts and config.side is Side.PLANT
    more = {"purchase.purchase": ("read",), "purchase.line": ("read",)} if receipts else {}
    return {**NEEDS[config.side], **more}


def _check_clock(server: datetime | None, here: datetime) -> None:
    if server is not None and abs(server - here) > CLOCKS_APART:
        raise _clocks_apart(server, here)


async def _check_codes(client: Client) -> None:
    """No two products that lie in stock may have one code."""
    names: dict[str, list[Record]] = {}
    last = 0
    while True:
        where = [["type", "=", "goods"], ["code", "!=", None], ["id", ">", last]]
        products = await client.search("product.product", where, ["code", "rec_name"], limit=PAGE)
        for product in products:
            names.setdefault(str(product.get("code")).strip(), []).append(product)
        if len(products) < PAGE:
            break
        last = products[-1]["id"]
    for code, sharing in names.items():
        if code and len(sharing) > 1:
            raise Misconfigured(ambiguous(code, sharing))


async def _check_rights(client: Client, model: str, rights: Sequence[str]) -> None:
    try:
        answer = await client.call("ir.model.access", "get_access", [model])
    except (ServerFailed, Refused):
        raise _no_module(MODULES.get(model.partition(".")[0], model.partition(".")[0])) from None
    access = answer.get(model) if isinstance(answer, dict) else None
    missing = [right for right in rights if not (isinstance(access, dict) and access.get(right))]
    if missing:
        raise _no_rights(model, missing)


async def _check_parties(client: Client, codes: Codes) -> None:
    wanted = {codes.config.hub_party, *codes.config.parties.values()}
    found = await client.search("party.party", [["code", "in", sorted(wanted)]], ["code"])
    missing = sorted(wanted - {str(party.get("code")) for party in found})
    if missing:
        raise _no_parties(missing)


async def _check_units(client: Client, codes: Codes) -> None:
    """Every unit in which a product is kept must have a code."""
    unmapped = [["symbol", "not in", list(codes.config.units)]]
    for unit in await client.search("product.uom", unmapped, ["symbol"]):
        used: Any = await client.search("product.template", [["default_uom", "=", unit["id"]]], ["code"], limit=1)
        if used:
            raise _no_unit(str(unit.get("symbol")), str(used[0].get("code")))


async def _check_sites(client: Client, codes: Codes) -> None:
    warehouses = await client.search("stock.location", [["type", "=", "warehouse"]], ["code"])
    names = [code if isinstance(code := warehouse.get("code"), str) else None for warehouse in warehouses]
    if not any(codes.site(name) for name in names):
        raise _no_sites(names)
    unknown = sorted(set(codes.config.sites.values()) - {site.id for site in codes.member.sites})
    if unknown:
        raise _unknown_sites(unknown, codes.member.id)


def _no_module(module: str) -> Misconfigured:
    return Misconfigured(
        Text(
            en=f"The Tryton module {module!r} is not active in this database. Activate it: "
            f"trytond-admin -d <database> -u {module} --activate-dependencies",
            ru=f"Модуль Tryton {module!r} в этой базе не включён. Включите его: "
            f"trytond-admin -d <база> -u {module} --activate-dependencies",
        )
    )


def _no_rights(model: str, missing: Sequence[str]) -> Misconfigured:
    rights = ", ".join(missing)
    return Misconfigured(
        Text(
            en=f"The Tryton user may not {rights} {model}. Add it to the groups that may, in Administration / Users.",
            ru=f"У пользователя Tryton нет прав ({rights}) на {model}. Добавьте его в нужные группы: "
            "«Администрирование / Пользователи».",
        )
    )


def _no_parties(codes: Sequence[str]) -> Misconfigured:
    names = ", ".join(codes)
    return Misconfigured(
        Text(
            en=f"Tryton has no party with the code {names}. Create it, or correct `hub_party` and `parties` in the "
            "connector's configuration.",
            ru=f"В Tryton нет контрагента с кодом {names}. Создайте его или исправьте `hub_party` и `parties` "
            "в настройках коннектора.",
        )
    )


def _no_unit(symbol: str, product: str) -> Misconfigured:
    return Misconfigured(
        Text(
            en=f"The unit {symbol!r} (of product {product}) has no UN/CEFACT code. Add it to `units`, such as "
            f"`{symbol}: H87`.",
            ru=f"Для единицы {symbol!r} (товар {product}) нет кода UN/CEFACT. Добавьте её в `units`, например "
            f"`{symbol}: H87`.",
        )
    )


def _clocks_apart(server: datetime, here: datetime) -> Misconfigured:
    minutes = round((server - here).total_seconds() / 60)
    return Misconfigured(
        Text(
            en=f"The clock of Tryton's server is {minutes:+d} minutes from this machine's. Let both follow a time "
            "server (NTP): orders carry Tryton's time.",
            ru=f"Часы сервера Tryton отличаются от часов этой машины на {minutes:+d} мин. Настройте на обеих службу "
            "точного времени (NTP): в заказах стоит время Tryton.",
        )
    )


def _no_sites(warehouses: Sequence[str | None]) -> Misconfigured:
    names = ", ".join(str(name) for name in warehouses)
    return Misconfigured(
        Text(
            en=f"No warehouse of Tryton ({names}) has a site. Add them to `sites` in the connector's configuration.",
            ru=f"Ни один склад Tryton ({names}) не отнесён к площадке. Добавьте их в `sites` в настройках коннектора.",
        )
    )


def _unknown_sites(sites: Sequence[str], member: str) -> Misconfigured:
    names = ", ".join(sites)
    return Misconfigured(
        Text(
            en=f"{member} has no site {names} in the members file. Correct `sites` in the connector's configuration.",
            ru=f"У {member} нет площадки {names} в файле участников. Исправьте `sites` в настройках коннектора.",
        )
    )
