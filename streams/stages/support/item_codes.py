"""What each member means by which code: by the nomenclature, and by what members propose beside it."""

import json
from collections.abc import Iterator
from decimal import Decimal

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.text import Text
from kranhub.values import confusables
from streams.processor import State
from streams.routing.masterdata.entries import CodeMapping, content
from streams.routing.masterdata.items import Item
from streams.routing.validation import document_identity

UNKNOWN_ITEM = DocumentCode.UNKNOWN_ITEM


class ItemCodes:
    """The codes in the state of the stage `masterdata`. The nomenclature wins; a mapping counts where it has no entry.

    ``claim/<member>/<code>`` holds the item for which the nomenclature has the code, ``mapped/<member>/<code>`` the
    member's mapping, ``whose/<member>/<code>`` the document that it comes from (`document_identity`), ``maps/<item>``
    the codes that are mapped to an item, in the order in which they came.
    """

    def __init__(self, state: State) -> None:
        """Take the state."""
        self._state = state

    def claim(self, item: str, before: Item | None, after: Item | None) -> set[str]:
        """Replace the codes that the nomenclature has for an item.

        Args:
            item: The item's id.
            before: The item as it was; None for a new one.
            after: The item as it is; None for one that is removed.

        Returns:
            The items whose mappings this concerns.
        """
        old, new = ({*value.all_codes()} if value else set() for value in (before, after))
        for code in old - new:
            if self._get("claim", *code) == item:
                self._state.delete(_key("claim", *code))
        for code in new:
            self._state.put(_key("claim", *code), item.encode())
        found = (self._mapping(*code) for code in old | new)
        return {mapping.item for mapping in found if mapping}

    def problem(self, mapping: CodeMapping, item: Item | None) -> InvalidDocument | None:
        """Return why a mapping to this item cannot be taken: the item is unknown, its unit, or the code is taken."""
        claimed = self._get("claim", mapping.member, mapping.item_code)
        if claimed not in (None, mapping.item):
            return InvalidDocument(DocumentCode.CODE_TAKEN, _taken(mapping, claimed))
        if item is None:
            return InvalidDocument(UNKNOWN_ITEM, _with_hint(_unknown(mapping), mapping.item))
        if not _counts(item, mapping):
            return InvalidDocument(DocumentCode.UNMAPPED_UNIT, _with_hint(_unit(mapping, item), f"{mapping.unit}"))
        return None

    def claim_mapping(self, mapping: CodeMapping, event_id: str) -> None:
        """Note which document a new mapping comes from.

        Raises:
            InvalidDocument: ``two-documents`` where another of the member's documents maps the code otherwise.
        """
        if self._mapping(mapping.member, mapping.item_code) == mapping:
            return
        place = _key("whose", mapping.member, mapping.item_code)
        known = self._state.get(place)
        document = document_identity.accept_document(
            known.decode() if known else None, event_id, f"{mapping.member}: {mapping.item_code}"
        )
        if document is not None:
            self._state.put(place, document.encode())

    def release_mapping(self, member: str, code: str) -> None:
        """Forget which document a mapping came from: any document may map the code next."""
        self._state.delete(_key("whose", member, code))

    def remember(self, mapping: CodeMapping) -> set[str]:
        """Keep the mapping, in place of an earlier one of the same code; return the items that this concerns."""
        known = self._mapping(mapping.member, mapping.item_code)
        if known == mapping:
            return set()
        concerned = self.forget(mapping.member, mapping.item_code)
        self._state.put(_key("mapped", mapping.member, mapping.item_code), content(mapping).encode())
        self._list(mapping.item, [*self._listed(mapping.item), [mapping.member, mapping.item_code]])
        return concerned | {mapping.item}

    def forget(self, member: str, code: str) -> set[str]:
        """Drop a mapping; return the item that this concerns, if there was one."""
        known = self._mapping(member, code)
        if known is None:
            return set()
        self._state.delete(_key("mapped", member, code))
        self._list(known.item, [entry for entry in self._listed(known.item) if entry != [member, code]])
        return {known.item}

    def merged(self, item: Item) -> Item:
        """Return the item with the codes that members mapped to it and the nomenclature has nowhere."""
        codes, more = dict(item.codes), dict(item.more_codes)
        for mapping in self._mapped_to(item):
            if mapping.member in codes:
                more[mapping.member] = (*more.get(mapping.member, ()), mapping.item_code)
            else:
                codes[mapping.member] = mapping.item_code
        return item.model_copy(update={"codes": codes, "more_codes": more})

    def _mapped_to(self, item: Item) -> Iterator[CodeMapping]:
        for member, code in self._listed(item.item):
            mapping = self._mapping(member, code)
            if mapping and self._get("claim", member, code) is None and _counts(item, mapping):
                yield mapping

    def _mapping(self, member: str, code: str) -> CodeMapping | None:
        found = self._get("mapped", member, code)
        return CodeMapping.model_validate_json(found) if found else None

    def _get(self, kind: str, member: str, code: str) -> str | None:
        found = self._state.get(_key(kind, member, code))
        return None if found is None else found.decode()

    def _listed(self, item: str) -> list[list[str]]:
        found: list[list[str]] = json.loads(self._state.get(f"maps/{item}") or b"[]")
        return found

    def _list(self, item: str, codes: list[list[str]]) -> None:
        if codes:
            self._state.put(f"maps/{item}", json.dumps(codes).encode())
        else:
            self._state.delete(f"maps/{item}")


def _key(kind: str, member: str, code: str) -> str:
    return f"{kind}/{member}/{code}"


def _counts(item: Item, mapping: CodeMapping) -> bool:
    return mapping.unit is None or item.in_base(Decimal(1), mapping.unit) is not None


def _with_hint(text: Text, name: str) -> Text:
    """Return the sentence with what a person cannot see in the name."""
    looks = confusables.hint(name, {})
    return text.then(looks) if looks else text


def _taken(mapping: CodeMapping, item: str | None) -> Text:
    return Text(
        en=f"{mapping.member}'s code {mapping.item_code!r} means {item} in the nomenclature, not {mapping.item}. "
        "Correct the mapping at the member, or the code in the nomenclature.",
        ru=f"Код {mapping.item_code!r} участника {mapping.member} в номенклатуре означает {item}, а не {mapping.item}. "
        "Исправьте сопоставление у участника или код в номенклатуре.",
    )


def _unknown(mapping: CodeMapping) -> Text:
    return Text(
        en=f"{mapping.member} maps its code {mapping.item_code!r} to {mapping.item!r}, which is no item of the "
        "nomenclature. Add the item: the mapping is remembered and then counts. Or correct it at the member.",
        ru=f"{mapping.member} сопоставляет свой код {mapping.item_code!r} с {mapping.item!r}, но такой позиции в "
        "номенклатуре нет. Добавьте её: сопоставление сохранено и тогда вступит в силу. Или исправьте его у участника.",
    )


def _unit(mapping: CodeMapping, item: Item) -> Text:
    return Text(
        en=f"{mapping.member} counts {mapping.item_code!r} in {mapping.unit}, which has no mapping to {item.unit} of "
        f"{item.item}. Correct the unit, or add a conversion to the nomenclature and send the letter's record "
        "again with `kranhub send-again`.",
        ru=f"{mapping.member} считает {mapping.item_code!r} в {mapping.unit}, а это не сводится к {item.unit} позиции "
        f"{item.item}. Исправьте единицу или добавьте пересчёт в номенклатуру и отправьте запись из "
        "письма ещё раз: `kranhub send-again`.",
    )
