"""A connector file: which member, which connector, its configuration. One file is one running connector."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from kranhub.configuration import yaml_file
from kranhub.configuration.checks import Mistake
from kranhub.connector import Connector
from kranhub.errors import Failed, KranhubError, Misconfigured
from kranhub.operations import memory
from kranhub.parties.members import Member, Members
from kranhub.text import Text

GROUP = "kranhub.connectors"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A connector, built and ready to be opened. ``name`` distinguishes several connectors of one member."""

    member: Member
    name: str
    connector: Connector


class _Head(BaseModel):
    """What every connector file holds; ``config`` belongs to the connector's own class."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    member: str
    connector: str
    name: str = Field("", pattern=r"^[a-z0-9-]*$")
    config: Any = None


def load(path: Path, members: Members) -> Loaded:
    """Read a connector file and build its connector.

    Raises:
        Misconfigured: Naming file and line: for an unknown member or connector, or a mistake in ``config``.
        Failed: Where the connector's own code fails.
    """
    kind = _connector_class(path, yaml_file.load(path, _Head).connector)
    file: Any = yaml_file.load(path, _file_model(kind, members))
    member = members.by_id[file.member]
    return Loaded(member, _name(file), _built(path, kind, file.config, member))


def named(path: Path) -> tuple[str, str]:
    """Return the member and the connector's name, as `load` would.

    Raises:
        Misconfigured: Where they cannot be read.
    """
    head = yaml_file.load(path, _Head)
    return head.member, _name(head)


def known() -> list[str]:
    """Return the names of the installed connectors."""
    return sorted(entry_points(group=GROUP).names)


def _name(head: _Head) -> str:
    return head.name or head.connector.rpartition(":")[2].lower()


def _file_model(kind: type[Connector], members: Members) -> type[BaseModel]:
    """Return the file's model with the connector's own configuration in it, so that mistakes name their line."""
    member = Annotated[str, AfterValidator(_known_member(members))]
    return create_model("ConnectorFile", __base__=_Head, member=(member, ...), config=(kind.Config, ...))


def _known_member(members: Members) -> Callable[[str], str]:
    def check(member: str) -> str:
        if member not in members.by_id:
            raise Mistake(
                Text(
                    en=f"{member!r} is no member; the members file has {', '.join(members.by_id)}",
                    ru=f"{member!r} не участник; в файле участников есть {', '.join(members.by_id)}",
                )
            )
        return member

    return check


def _class(path: Path, name: str) -> type[Connector]:
    """Return the connector's class: an entry point's name, or ``module:Class``."""
    try:
        if ":" in name:
            module, _, attribute = name.partition(":")
            found: type[Connector] = getattr(import_module(module), attribute)
            return found
        entries = entry_points(group=GROUP, name=name)
        if entries:
            loaded: type[Connector] = next(iter(entries)).load()
            return loaded
    except (ModuleNotFoundError, AttributeError) as error:
        raise Misconfigured(_not_installed(path, name, str(error))) from None
    except Exception as error:
        raise _broken(path, "import", error) from error
    raise Misconfigured(_not_installed(path, name, f"known: {', '.join(known())}"))


def _connector_class(path: Path, name: str) -> type[Connector]:
    """Return the class, if it is a connector with a model of its configuration."""
    found = _class(path, name)
    if not (isinstance(found, type) and issubclass(found, Connector)):
        raise Misconfigured(_not_installed(path, name, "it is no subclass of kranhub.connector.Connector"))
    config = getattr(found, "Config", None)
    if not (isinstance(config, type) and issubclass(config, BaseModel)):
        raise Misconfigured(_not_installed(path, name, "its Config is no pydantic model"))
    return found


def _built(path: Path, kind: type[Connector], config: Any, member: Member) -> Connector:
    try:
        return kind(config, member)
    except KranhubError:
        raise
    except Exception as error:
        raise _broken(path, f"{kind.__qualname__}()", error) from error


def _broken(path: Path, call: str, error: Exception) -> Failed:
    """Return the sentence about a connector whose own code fails before it is a connector; its cause is logged."""
    if memory.is_short(error):
        return Failed(memory.SHORT)
    kind = type(error).__qualname__
    return Failed(
        Text(
            en=f"{path}: the connector's code fails in {call} ({kind}); the log has the place. Its author must correct "
            "it (docs/connector-guide.md).",
            ru=f"{path}: код коннектора завершился ошибкой в {call} ({kind}); место указано в журнале. Исправить "
            "должен автор коннектора (docs/connector-guide.md).",
        )
    )


def _not_installed(path: Path, name: str, why: str) -> Text:
    return Text(
        en=f"{path}: connector {name!r} cannot be loaded ({why}). Correct the name or install its extra.",
        ru=f"{path}: коннектор {name!r} не загружается ({why}). Исправьте имя или установите его дополнение.",
    )
