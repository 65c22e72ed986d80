"""What `kranhub connector` writes for a person."""

from kranhub.text import Text

CHECKPOINT = Text(
    en="Delete its checkpoint too: a connector of this name then reads its ERP from the beginning.",
    ru="Удалить и контрольную точку: коннектор с этим именем прочитает систему с начала.",
)


GONE = Text(en="I have made sure that its process has ended.", ru="Я удостоверился, что его процесс завершён.")


BOTH = Text(en="Write member/name, as `kranhub status` does.", ru="Укажите участник/имя, как пишет `kranhub status`.")


def forgotten(name: str, *, checkpoint: bool) -> Text:
    """Return that a connector is forgotten, and what becomes of its checkpoint."""
    if checkpoint:
        return Text(
            en=f"{name} is forgotten, with its checkpoint: the next connector of this name reads everything anew.",
            ru=f"{name} забыт вместе с контрольной точкой: новый коннектор с этим именем прочитает всё заново.",
        )
    return Text(
        en=f"{name} is forgotten. Its checkpoint stays: the next connector of this name goes on where it stood.",
        ru=f"{name} забыт. Контрольная точка осталась: новый коннектор с этим именем продолжит с того же места.",
    )
