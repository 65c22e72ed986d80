"""The first day of a company in Tryton: currency, company, chart of accounts, defaults. Everything is synthetic."""

from datetime import date, timedelta
from decimal import Decimal

from deploy.demo.tryton_rpc import Rpc

CURRENCY = "RUB"
TIME_ZONE = "Asia/Omsk"
GRACE = timedelta(days=1)  # as long, confirmed sales and purchases can still be taken back


def found(rpc: Rpc) -> None:
    """Set up the only company of a fresh database so that sales, purchases and productions can be made."""
    _company(rpc)
    _chart(rpc)
    _defaults(rpc)


def _company(rpc: Rpc) -> None:
    currency = rpc.create(
        "currency.currency", name="Russian rouble", symbol="₽", code=CURRENCY, rounding=Decimal("0.01"), digits=2
    )
    rpc.create("currency.currency.rate", date=date(2000, 1, 1), rate=Decimal(1), currency=currency)
    party = rpc.create("party.party", name="Company", addresses=[["create", [{}]]])
    form = {"company": {"party": party, "currency": currency, "timezone": TIME_ZONE}}
    rpc.wizard("company.company.config", ("company", {}), ("add", form))
    rpc.refresh()


def _chart(rpc: Rpc) -> None:
    company = rpc.context["company"]
    template = rpc.one("account.account.template", [["parent", "=", None]])["id"]
    chart = {"account": {"account_template": template, "company": company}}
    rpc.wizard("account.create_chart", ("account", {}), ("create_account", chart))
    payable, receivable = (_account(rpc, kind) for kind in ("payable", "receivable"))
    rpc.write("account.configuration", 1, default_account_payable=payable, default_account_receivable=receivable)
    rpc.create(
        "product.category",
        name="Goods",
        accounting=True,
        account_expense=_account(rpc, "expense"),
        account_revenue=_account(rpc, "revenue"),
    )


def _account(rpc: Rpc, kind: str) -> int:
    return int(rpc.one("account.account", [[f"type.{kind}", "=", True], ["closed", "!=", True]])["id"])


def _defaults(rpc: Rpc) -> None:
    rpc.write("product.configuration", 1, default_lead_time=timedelta(0))
    rpc.write("sale.configuration", 1, sale_process_after=GRACE, sale_invoice_method="manual")
    rpc.write("purchase.configuration", 1, purchase_process_after=GRACE, purchase_invoice_method="manual")
