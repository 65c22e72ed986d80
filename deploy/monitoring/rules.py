"""The alerts of an installation, as Prometheus' rules: `kranhub monitoring rules` writes them to the file beside."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import yaml

from kranhub.broker.lag import STAGES
from kranhub.text import Text

Severity = Literal["critical", "warning", "info"]

KAFKA_ANSWERS = 'on () kranhub_answers{part="kafka"} == 1'
"""Whether the brokers answer: metrics that only they know are missing as well when they are away, and one alert is
enough."""

HEAD = "# Written by `kranhub monitoring rules`; a test compares. Change deploy/monitoring/rules.py instead.\n"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        name: Its name in Prometheus.
        expr: The query whose result it fires for.
        lasting: How long ``expr`` must hold first, in Prometheus' form.
        severity: How urgent it is.
        summary: What is wrong.
        action: What to do.
    """

    name: str
    expr: str
    lasting: str
    severity: Severity
    summary: Text
    action: Text


def _unserved() -> str:
    missing = " or ".join(f'absent(kranhub_group_workers{{group="core.{stage}"}})' for stage in STAGES)
    return f"kranhub_group_workers == 0 or (({missing}) and {KAFKA_ANSWERS})"


def _new_dead_letters(metric: str) -> str:
    """Return what is true after a dead letter; the first one of a code creates its series, which does not increase."""
    return f"(increase({metric}[10m]) > 0 or ({metric} unless {metric} offset 10m) > 0)"


_TASK = "{{ $labels.member }}/{{ $labels.connector }} {{ $labels.task }}"
_STATUS = Text(en="`kranhub status` says more.", ru="Подробности: `kranhub status`.")


def _connector(summary_en: str, summary_ru: str) -> Text:
    return Text(en=f"The connector {_TASK} {summary_en}", ru=f"Коннектор {_TASK} {summary_ru}")


ALERTS = (
    Alert(
        "KranhubNotWatched",
        "absent(kranhub_status_timestamp_seconds) or time() - kranhub_status_timestamp_seconds > 300",
        "5m",
        "critical",
        Text(en="Nobody looks at the hub.", ru="За центром никто не следит."),
        Text(
            en="Start `kranhub monitoring run`, and see that Prometheus reaches it: until then the others are silent.",
            ru="Запустите `kranhub monitoring run` и проверьте, что Prometheus его видит: без него остальные молчат.",
        ),
    ),
    Alert(
        "KranhubAway",
        "kranhub_answers == 0",
        "2m",
        "critical",
        Text(en="{{ $labels.part }} does not answer.", ru="{{ $labels.part }} не отвечает."),
        Text(en="`kranhub status`, then `kranhub up`.", ru="`kranhub status`, затем `kranhub up`."),
    ),
    Alert(
        "KranhubUnserved",
        _unserved(),
        "2m",
        "critical",
        Text(en="No process serves {{ $labels.group }}.", ru="{{ $labels.group }}: не обслуживается."),
        Text(
            en="Start `kranhub streams run` or `kranhub run`; where it runs, its log says why a process ends.",
            ru="Запустите `kranhub streams run` или `kranhub run`; если запущено, причина в журнале.",
        ),
    ),
    Alert(
        "KranhubLag",
        "kranhub_group_lag_seconds > 300",
        "5m",
        "critical",
        Text(
            en="A record has waited for {{ $labels.group }} for {{ $value | humanizeDuration }}.",
            ru="{{ $labels.group }}: запись ждёт {{ $value | humanizeDuration }}.",
        ),
        Text(
            en="See the log of who serves it; where it is only much work, more workers.",
            ru="Смотрите журнал того, кто обслуживает; если просто много работы, добавьте процессы.",
        ),
    ),
    Alert(
        "KranhubConnectorLag",
        "kranhub_connector_lag_seconds > 900",
        "5m",
        "warning",
        _connector(
            "has not delivered for {{ $value | humanizeDuration }}.", "не доставляет {{ $value | humanizeDuration }}."
        ),
        _STATUS,
    ),
    Alert(
        "KranhubConnectorFailed",
        'kranhub_connector_state{state="FAILED"} == 1',
        "1m",
        "critical",
        _connector("has failed: a person must act.", "остановлен ошибкой: нужен человек."),
        Text(en="`kranhub status` gives the reason.", ru="Причину называет `kranhub status`."),
    ),
    Alert(
        "KranhubConnectorStopped",
        'kranhub_connector_state{state="STOPPED"} == 1',
        "15m",
        "warning",
        _connector("is stopped.", "остановлен."),
        Text(
            en="Start it; where it is no more, `kranhub connector forget`.",
            ru="Запустите его; если его больше нет, `kranhub connector forget`.",
        ),
    ),
    Alert(
        "KranhubConnectorWaits",
        'kranhub_connector_state{state="BACKING_OFF"} == 1',
        "15m",
        "warning",
        _connector("waits for its ERP or the hub.", "ждёт учётную систему или центр."),
        Text(en="See to what it waits for; it goes on by itself.", ru="Устраните причину; продолжит сам."),
    ),
    Alert(
        "KranhubConnectorSilent",
        "kranhub_connector_heartbeat_age_seconds > 120 unless on (member, connector, task) "
        'kranhub_connector_state{state="STOPPED"} == 1',
        "1m",
        "critical",
        _connector("has said nothing for {{ $value | humanizeDuration }}.", "молчит {{ $value | humanizeDuration }}."),
        Text(
            en="It was killed, or its machine or network is away. Start it again.",
            ru="Процесс убит либо недоступна его машина или сеть. Запустите его снова.",
        ),
    ),
    Alert(
        "KranhubSourceStill",
        'kranhub_connector_progress_age_seconds{task="source"} > 900 and on (member, connector, task) '
        'kranhub_connector_state{state="RUNNING"} == 1',
        "5m",
        "warning",
        _connector("last looked at its ERP {{ $value | humanizeDuration }} ago.", "давно не опрашивал систему."),
        Text(en="See its log; restart it where it hangs.", ru="См. его журнал; если завис, перезапустите."),
    ),
    Alert(
        "KranhubNoConnectors",
        f"absent(kranhub_connector_state) and {KAFKA_ANSWERS}",
        "15m",
        "warning",
        Text(en="The hub knows no connector.", ru="Центр не знает ни одного коннектора."),
        Text(en="Start the connectors: docs/plant.md.", ru="Запустите коннекторы: docs/plant.md."),
    ),
    Alert(
        "KranhubRestarts",
        "changes(process_start_time_seconds[15m]) >= 3 and on (job, instance) kranhub_build_info",
        "0m",
        "critical",
        Text(
            en="The process on {{ $labels.instance }} starts again and again.",
            ru="Процесс {{ $labels.instance }} запускается снова и снова.",
        ),
        Text(en="Its log says why.", ru="Причина в его журнале."),
    ),
    Alert(
        "KranhubSupervision",
        'kranhub_findings{code=~"supervisor-killed|crash-loop"} > 0',
        "2m",
        "critical",
        Text(
            en="A supervisor was killed, or a process crashes again and again ({{ $labels.code }}).",
            ru="Надзор прерван или процесс завершается снова и снова ({{ $labels.code }}).",
        ),
        _STATUS,
    ),
    Alert(
        "KranhubNotLive",
        "kranhub_live == 0",
        "1m",
        "critical",
        Text(en="{{ $labels.instance }} stands still.", ru="{{ $labels.instance }} стоит на месте."),
        Text(en="Its /livez says which loop. Restart it.", ru="Что стоит, говорит /livez. Перезапустите."),
    ),
    Alert(
        "KranhubNotReady",
        "kranhub_ready == 0",
        "10m",
        "warning",
        Text(en="{{ $labels.instance }} does not serve.", ru="{{ $labels.instance }} не обслуживает."),
        Text(en="Its /readyz says why.", ru="Причину говорит /readyz."),
    ),
    Alert(
        "KranhubDeadLetters",
        f"{_new_dead_letters('kranhub_core_dead_letters_total')} or "
        f"{_new_dead_letters('kranhub_connector_dead_letters_total')}",
        "0m",
        "warning",
        Text(en="Dead letters: {{ $labels.code }}.", ru="Недоставленные письма: {{ $labels.code }}."),
        Text(
            en="`kranhub tail hub.dead-letters`; the codes are in docs/delivery.md.",
            ru="`kranhub tail hub.dead-letters`; коды описаны в docs/delivery.md.",
        ),
    ),
    Alert(
        "KranhubOrdersOnHold",
        "kranhub_orders_on_hold_oldest_seconds > 86400",
        "5m",
        "warning",
        Text(en="A line has been on hold for more than a day.", ru="Строка заказа стоит больше суток."),
        Text(en="`kranhub orders waiting`.", ru="`kranhub orders waiting`."),
    ),
    Alert(
        "KranhubOrderWaits",
        'kranhub_orders_oldest_seconds{state="RECEIVED"} > 3600 or '
        'kranhub_orders_oldest_seconds{state="PLANNED"} > 259200',
        "5m",
        "warning",
        Text(
            en="An order has been {{ $labels.state }} for {{ $value | humanizeDuration }}.",
            ru="Заказ в состоянии {{ $labels.state }} уже {{ $value | humanizeDuration }}.",
        ),
        Text(
            en="`kranhub orders waiting`: a plant does not answer, or the core stands still.",
            ru="`kranhub orders waiting`: завод не отвечает или ядро стоит.",
        ),
    ),
    Alert(
        "KranhubNoViews",
        "absent(kranhub_orders_on_hold)",
        "15m",
        "warning",
        Text(en="No view tells of orders.", ru="Ни одно представление не сообщает о заказах."),
        Text(en="Start `kranhub streams run --only views`.", ru="Запустите `kranhub streams run --only views`."),
    ),
    Alert(
        "KranhubUnreadable",
        "increase(kranhub_view_unreadable_total[1h]) > 0",
        "0m",
        "warning",
        Text(en="A view has passed events by.", ru="Представление пропустило события."),
        Text(en="Its log names them.", ru="Они названы в его журнале."),
    ),
    Alert(
        "KranhubAborts",
        "increase(kranhub_core_aborts_total[10m]) > 20",
        "10m",
        "warning",
        Text(en="{{ $labels.stage }} aborts transactions.", ru="{{ $labels.stage }} прерывает транзакции."),
        Text(en="See its log and the brokers'.", ru="Смотрите журнал процесса и брокеров."),
    ),
    Alert(
        "KranhubStateLarge",
        "kranhub_core_state_bytes > 0.8 * kranhub_core_state_limit_bytes",
        "10m",
        "warning",
        Text(en="The state of {{ $labels.stage }} nears its limit.", ru="Состояние {{ $labels.stage }} у предела."),
        Text(en="More instances, or KRANHUB_STATE_LIMIT_MB.", ru="Больше экземпляров или KRANHUB_STATE_LIMIT_MB."),
    ),
    Alert(
        "KranhubReleases",
        "count(count by (version) (kranhub_build_info)) > 1",
        "1h",
        "info",
        Text(en="Processes of several releases run.", ru="Работают процессы разных выпусков."),
        Text(en="Finish the upgrade: docs/operations.md.", ru="Завершите обновление: docs/operations.md."),
    ),
)


def document() -> str:
    """Return the rules file."""
    group = {"name": "kranhub", "rules": list(_rules())}
    return HEAD + yaml.safe_dump({"groups": [group]}, allow_unicode=True, sort_keys=False, width=116)


def _rules() -> Iterator[dict[str, object]]:
    for alert in ALERTS:
        yield {
            "alert": alert.name,
            "expr": alert.expr,
            "for": alert.lasting,
            "labels": {"severity": alert.severity},
            "annotations": {
                "summary": alert.summary.en,
                "summary_ru": alert.summary.ru,
                "description": alert.action.en,
                "description_ru": alert.action.ru,
            },
        }
