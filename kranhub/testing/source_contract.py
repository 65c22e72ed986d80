"""What a source must do. Each test's docstring is a sentence of the contract."""

from kranhub.connector import Checkpoint, Connector, Read, Unreadable
from kranhub.testing.content import demand_published, demand_unreadable, items_by_key, value_of
from kranhub.testing.demands import ContractBroken, demand
from kranhub.testing.harness import ErpHarness
from kranhub.testing.reading import Item, ids, keys, poll
from kranhub.testing.suite import Suite, needs
from kranhub.wire.messages import Subject


class SourceContract(Suite):
    """Documents become events, each state once, whatever happens in between."""

    @needs("reads")
    async def test_every_document_is_published_as_the_erp_holds_it(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """One poll yields every created document: with its own id, in the shared language, complete."""
        start = await behind(erp)
        created = [harness.create(subject) for _ in range(3)]
        items, _ = await poll(erp, start)
        for item in items:
            _demand_readable(item)
            value_of(item.event, harness.member)  # type: ignore[union-attr]
        _demand_all(created, items)
        demand(
            len(ids(items)) == len(set(ids(items))),
            f"One poll yielded an id twice: {sorted(ids(items))}. Two documents, or two versions, are two ids.",
        )
        for key in created:
            demand_published(published(items, subject, key).event, harness.member, harness.content(subject, key))

    @needs("reads")
    async def test_read_again_from_the_start_gives_the_same_ids(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """Identity does not depend on when, or by which instance, a document is read."""
        for _ in range(3):
            harness.create(subject)
        first, _ = await poll(erp)
        again, _ = await restarted(harness, None)
        demand(
            sorted(ids(first)) == sorted(ids(again)),
            f"Read again from the start, the same documents have other ids: {_unlike(first, again)}. Build an id from "
            "what the ERP holds (key and version), from nothing that is new at each start.",
        )

    @needs("reads")
    async def test_any_checkpoint_resumes_without_loss(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """From the checkpoint of any event, exactly the events behind it follow."""
        start = await behind(erp)
        for _ in range(4):
            harness.create(subject)
        items, _ = await poll(erp, start)
        for position, item in enumerate(items):
            rest, _ = await restarted(harness, item.checkpoint)
            demand(
                sorted(ids(rest)) == sorted(ids(items[position + 1 :])),
                f"Resumed from the checkpoint of {ids([item])[0]}, the source yielded {ids(rest)} in place of "
                f"{ids(items[position + 1 :])}. A checkpoint holds what was yielded up to its own event, no more and "
                "no less.",
            )

    @needs("reads")
    async def test_a_restart_publishes_nothing_again(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """What lies in the overlap behind a committed checkpoint is not news, and new documents are."""
        for _ in range(3):
            harness.create(subject)
        _, checkpoint = await poll(erp)
        again, checkpoint = await restarted(harness, checkpoint)
        demand(
            not again,
            f"After a restart the source published {ids(again)} again. Keep the ids of the overlap in the checkpoint.",
        )
        key = harness.create(subject)
        after, _ = await restarted(harness, checkpoint)
        _demand_all([key], after)

    @needs("reads", "edits")
    async def test_a_changed_document_is_published_again(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """A person changes what was published: the next poll publishes the document anew, complete, under a new id."""
        key = harness.create(subject)
        items, checkpoint = await poll(erp)
        before = published(items, subject, key).event
        harness.edit(subject, key, 17)
        items, _ = await poll(erp, checkpoint)
        demand(
            key in keys(items),
            f"{subject} {key} was changed in the ERP and not published again. Find changed documents, not only new "
            "ones: by the ERP's change mark, or by comparing their content.",
        )
        after = published(items, subject, key).event
        demand(
            after.id != before.id,
            f"{subject} {key} was changed and published again under the same id {after.id}, so the hub takes it for "
            "old news. Put the version or a hash of the content into the id.",
        )
        demand_published(after, harness.member, harness.content(subject, key))

    @needs("reads", "edits")
    async def test_an_id_never_repeats_for_a_newer_state(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """5, then 6, then again 5, at once: three events with three ids, the last saying 5."""
        key, checkpoint, seen = harness.create(subject), None, list[str]()
        for quantity in (5, 6, 5):
            harness.edit(subject, key, quantity)
            items, checkpoint = await poll(erp, checkpoint)
            _demand_new_state(harness, items, subject, key, seen)

    @needs("reads", "edits", "removes")
    async def test_deleted_and_entered_again_is_a_newer_state(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """5, then 6, the row deleted, entered again with 5: published, under an id of its own."""
        key, checkpoint, seen = harness.create(subject), None, list[str]()
        for quantity in (5, 6):
            harness.edit(subject, key, quantity)
            items, checkpoint = await poll(erp, checkpoint)
            _demand_new_state(harness, items, subject, key, seen)
        harness.remove(subject, key)
        _, checkpoint = await restarted(harness, checkpoint)
        harness.put_back(subject, key, 5)
        items, _ = await restarted(harness, checkpoint)
        _demand_new_state(harness, items, subject, key, seen)

    @needs("reads", "spoils")
    async def test_a_bad_document_is_one_unreadable_and_the_rest_flows(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """A document that is no valid event is yielded as Unreadable, once; corrected, it is published."""
        start = await behind(erp)
        first, bad, last = (harness.create(subject) for _ in range(3))
        harness.spoil(subject, bad)
        try:
            items, checkpoint = await poll(erp, start)
        except Exception as error:
            raise ContractBroken(
                f"A bad {subject} in the ERP let read() raise {type(error).__name__}: {error}. It would end the source "
                "and hold up every other document: yield Unreadable with the record's original bytes, and go on."
            ) from error
        unreadable = [item for item in items if isinstance(item, Unreadable)]
        demand(
            len(unreadable) == 1,
            f"One bad {subject} gave {len(unreadable)} Unreadable and the events {ids(items)}. Yield exactly one "
            "Unreadable for it: neither nothing nor a guess.",
        )
        demand_unreadable(unreadable[0])
        _demand_all([first, last], items)
        again, checkpoint = await restarted(harness, checkpoint)
        demand(
            not again,
            f"A bad {subject} was published again although nothing changed: {ids(again)}. Remember its id, too.",
        )
        harness.mend(subject, bad)
        items, _ = await restarted(harness, checkpoint)
        demand_published(published(items, subject, bad).event, harness.member, harness.content(subject, bad))

    @needs("reads", "commits_late")
    async def test_what_is_committed_late_is_published(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """A transaction that began before others and commits after they were read is not lost."""
        checkpoint = await behind(erp)
        with harness.late(subject) as late:
            early = harness.create(subject)
            items, checkpoint = await poll(erp, checkpoint)
            _demand_all([early], items)
        items, _ = await restarted(harness, checkpoint)
        demand(
            late in keys(items),
            f"{subject} {late} got its version before others and was committed after they were read: it was never "
            "published. Start every poll an overlap below the highest version, and keep the ids seen there in the "
            "checkpoint.",
        )

    @needs("reads", "twins", publishes=Subject.ORDER)
    async def test_two_orders_with_one_number_are_two(self, harness: ErpHarness, erp: Connector) -> None:
        """The identity of a document is the ERP's key; its number is what people read."""
        checkpoint = await behind(erp)
        first, second = harness.twins()
        items, _ = await poll(erp, checkpoint)
        orders = [value_of(item.event, harness.member) for item in items if isinstance(item, Read)]
        demand(
            first != second
            and {first, second} <= {order["order_id"] for order in orders}
            and len(set(ids(items))) >= 2,
            "Two orders of the ERP have the same number, and the source published them as "
            f"{sorted(order['order_id'] for order in orders)}, so the second replaces the first. Take the ERP's own "
            "key (its primary key) for order_id and Event.key, and the number for `number`.",
        )
        for key in (first, second):
            demand_published(
                published(items, Subject.ORDER, key).event, harness.member, harness.content(Subject.ORDER, key)
            )

    @needs("reads", "splits_stock", publishes=Subject.INVENTORY_LEVEL)
    async def test_two_rows_of_one_code_are_summed_or_refused(self, harness: ErpHarness, erp: Connector) -> None:
        """One item in two rows of stock is published as their sum, or as dead letters; one never replaces the other."""
        checkpoint = await behind(erp)
        code, total = harness.split_stock()
        items, _ = await poll(erp, checkpoint)
        levels = [value_of(item.event, harness.member) for item in items if isinstance(item, Read)]
        on_hand = [level["on_hand"] for level in levels if level["item_code"] == code]
        refused = [item for item in items if isinstance(item, Unreadable) and item.subject == Subject.INVENTORY_LEVEL]
        demand(
            (bool(refused) and not on_hand) or (bool(on_hand) and on_hand[-1] == total),
            f"{code} lies in two rows of stock, {total} together, and the source published {on_hand}: the hub keeps "
            "the last. Add up what comes to one code at one site, or yield an Unreadable that names both rows.",
        )

    @needs("reads", "odd")
    async def test_rows_with_odd_keys_or_versions_are_read(
        self, harness: ErpHarness, erp: Connector, subject: Subject
    ) -> None:
        """NULL in a key or a version, a day that is none: every row is published, or an Unreadable."""
        checkpoint = await behind(erp)
        before = harness.create(subject)
        odd = harness.odd(subject)
        behind_them = harness.create(subject)
        items, checkpoint = await poll(erp, checkpoint)
        lost = sorted(key for key in (before, *odd, behind_them) if not _is_mentioned(key, items))
        demand(
            not lost,
            f"{subject} {', '.join(lost)} is in the ERP and was never read. A comparison with NULL is neither true nor "
            "false, and what does not parse does not sort: read such rows in every poll.",
        )
        again, _ = await restarted(harness, checkpoint)
        demand(not again, f"Rows with odd keys or versions are published again: {ids(again)}. Remember their ids.")


async def behind(erp: Connector) -> Checkpoint:
    """Return the checkpoint after everything that is in the ERP already."""
    _, checkpoint = await poll(erp)
    return checkpoint


async def restarted(harness: ErpHarness, since: Checkpoint | None) -> tuple[list[Item], Checkpoint]:
    """Poll with a new connector from the checkpoint on."""
    other = harness.connector()
    try:
        return await poll(other, since)
    finally:
        await other.close()


def published(items: list[Item], subject: Subject, key: str) -> Read:
    """Return the last event of a document, and demand that there is one.

    Args:
        items: What was polled.
        subject: Which record the document is.
        key: The document's key.

    Raises:
        ContractBroken: The document was not published, or was published as unreadable.
    """
    found = items_by_key(items, subject).get(key, [])
    demand(bool(found), f"{subject} {key} is in the ERP and was not published; published were {sorted(keys(items))}.")
    _demand_readable(found[-1])
    last = found[-1]
    assert isinstance(last, Read)  # noqa: S101  (demanded above)
    return last


def _is_mentioned(key: str, items: list[Item]) -> bool:
    """Return whether the document was published, or is the original of an Unreadable."""
    originals = [item.original for item in items if isinstance(item, Unreadable)]
    return key in keys(items) or any(key.encode() in original for original in originals)


def _demand_all(created: list[str], items: list[Item]) -> None:
    lost = sorted(set(created) - keys(items))
    demand(
        not lost,
        f"{', '.join(lost)} was created in the ERP and not published by the next poll; published were "
        f"{sorted(keys(items))}. Yield every document before Progress, with its key as Event.key.",
    )


def _demand_readable(item: Item) -> None:
    if isinstance(item, Unreadable):
        demand(False, f"A good document came as Unreadable {item.id} ({item.code}): {dict(item.reason)}.")


def _demand_new_state(harness: ErpHarness, items: list[Item], subject: Subject, key: str, seen: list[str]) -> None:
    event = published(items, subject, key).event
    demand(
        event.id not in seen,
        f"{subject} {key} has a newer state under an id that was published before, {event.id}, so the hub keeps the "
        "older one. Let something in the id rise with every change, such as a count kept in the checkpoint.",
    )
    demand_published(event, harness.member, harness.content(subject, key))
    seen.append(event.id)


def _unlike(first: list[Item], again: list[Item]) -> str:
    return ", ".join(sorted(set(ids(first)) ^ set(ids(again)))[:4])
