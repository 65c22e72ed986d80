"""Re-promising: a plant's reservations are promised anew, by class; who gains and who loses is said before. Pure.

Only a person asks for it. What may get another day, and from whom, follows from these rules:

- What has left the plant, what its ERP has set aside from stock and what has begun stays where it is; so does what the
  plant's ERP has, unless the person says otherwise.
- Nobody loses any quantity. Nobody gets a later day but for an order of a higher class that gets an earlier one.
- Within a class, what is ready first is looked at first; it moves only where it gains.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from kranhub.wire.messages import (
    AllocationAction,
    AllocationKind,
    AllocationRequest,
    AuditEntry,
    Repromising,
    RepromisingMove,
    RepromisingState,
)
from streams.routing.allocator import (
    capacity,
    delivery,
    disruptions,
    planned_receipts,
    quotas,
    reservations,
    reserve,
    waiting,
)
from streams.routing.allocator.capacity import Workshop, week_begin, week_of, workshop
from streams.routing.allocator.keys import ReservationKey
from streams.routing.allocator.reservations import BY_AGE, RESERVATIONS, Reservation
from streams.routing.allocator.results import Result, result, today
from streams.routing.allocator.stock import ZERO
from streams.routing.context import DecisionContext
from streams.tables import StateTables

ACTIONS = (AllocationAction.PROPOSE, AllocationAction.REPROMISE)
"""What a person asks for."""

LOOKED_AT = 500
"""How many reservations are looked at; of more, those of the lowest rank stay where they are."""

SWEEPS = 20
"""How many times the reservations of a class are looked at again, as long as one of them still gains."""

TRIALS = 4
"""How many times it is tried anew, without those that would lose some of their quantity; then nobody is displaced."""


class Change(NamedTuple):
    """A reservation before and after. Its numbers among others are left out."""

    key: ReservationKey
    before: Reservation
    after: Reservation

    @property
    def is_move(self) -> bool:
        """Whether people see it: another day, or more or less from stock."""
        seen = [(one.available_on, one.from_stock, one.to_come) for one in (self.before, self.after)]
        return seen[0] != seen[1]


def answer(
    tables: StateTables, request: AllocationRequest, context: DecisionContext
) -> tuple[Repromising, list[Result]]:
    """Answer a proposal (PROPOSE), or carry out one that a person has seen (REPROMISE) if it still is the same.

    Args:
        tables: The state; PROPOSE changes nothing of it.
        request: The request.
        context: The event and the master data.

    Returns:
        The answer, and the results (MOVED) of those whose reservations are other ones now.
    """
    plant, item = request["plant"], request["item"] or None
    include_sent = request.get("include_sent", False)
    found = changes(tables, plant, item, context, include_sent=include_sent)
    state, results = RepromisingState.PROPOSED, list[Result]()
    if request["action"] == AllocationAction.REPROMISE:
        state = RepromisingState.CHANGED_SINCE
        if request.get("fingerprint") == fingerprint(found):
            state, results = RepromisingState.DONE, _carry_out(tables, plant, found, request["request_id"], context)
    made: Repromising = {
        "request_id": request["request_id"],
        "plant": plant,
        "item": item,
        "include_sent": include_sent,
        "state": state,
        "fingerprint": fingerprint(found),
        "moves": [_move(change) for change in found if change.is_move],
        "as_of": context.time,
    }
    return made, results


def audit_entry(request: AllocationRequest, made: Repromising) -> AuditEntry:
    """Return the audit entry that says who has had a plant's orders promised anew, and why.

    Args:
        request: The request (REPROMISE).
        made: The answer to it.
    """
    moves = made["moves"]
    earlier = sum(move["after"] < move["before"] for move in moves)
    later = sum(move["after"] > move["before"] for move in moves)
    return {
        "entry_id": request["request_id"],
        "actor": request.get("actor") or "",
        "action": request["action"],
        "subject": f"{made['plant']}/{made['item']}" if made["item"] else made["plant"],
        "before": None,
        "after": f"earlier: {earlier}, later: {later}, fingerprint: {made['fingerprint']}",
        "reason": request.get("reason") or "",
        "at": made["as_of"],
    }


def changes(
    tables: StateTables, plant: str, item: str | None, context: DecisionContext, *, include_sent: bool
) -> tuple[Change, ...]:
    """Return which of the plant's reservations would be other ones, in the order in which they are promised.

    Args:
        tables: The state; nothing of it is changed.
        plant: The plant.
        item: Only reservations of this item; None for all.
        context: The event and the master data.
        include_sent: Whether what the plant's ERP has may move as well.
    """
    known = _movable(tables, plant, item, context, include_sent=include_sent)
    staying: set[ReservationKey] = set()
    for _ in range(TRIALS):
        left = {key: one for key, one in known.items() if key not in staying}
        trial = _Trial(tables, left, context)
        loser = trial.run(_classes(left))
        if loser is None:
            return trial.changes()
        staying.add(loser)
    trial = _Trial(tables, known, context)
    trial.run([list(known)])
    return trial.changes()


def fingerprint(found: Sequence[Change]) -> str:
    """Return a digest of the changes: another one where a reservation is another one, before or after."""
    parts = [(*change.key, *(replace(one, load=None) for one in change[1:])) for change in found]
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=16).hexdigest()


def _movable(
    tables: StateTables, plant: str, item: str | None, context: DecisionContext, *, include_sent: bool
) -> dict[ReservationKey, Reservation]:
    """Return the reservations that may get another day, those that are promised first before."""
    prefix = (plant,) if item is None else (plant, item)
    entries = ((ReservationKey(*entry.key), entry.value) for entry in tables.scan(RESERVATIONS, prefix))
    found = [(key, one) for key, one in entries if _may_move(key, one, context, include_sent=include_sent)]
    found.sort(key=lambda entry: (*_rank(entry[1]), entry[0]))
    return dict(found[:LOOKED_AT])


def _may_move(key: ReservationKey, one: Reservation, context: DecisionContext, *, include_sent: bool) -> bool:
    if one.available_on is None or one.offered != one.quantity or one.left_plant > 0:
        return False
    if one.in_hub != one.from_stock or (one.expires_at is not None and one.expires_at <= context.time):
        return False
    return one.delivered_at is None or (include_sent and not _has_begun(key, one, context))


def _has_begun(key: ReservationKey, one: Reservation, context: DecisionContext) -> bool:
    """Return whether the plant may be at work on it by now."""
    if one.to_make <= 0 or one.begins is None:
        return False
    first = min((week_begin(work.week) for work in one.work), default=one.begins)
    return max(one.begins, first) <= today(key.plant, context)


def _rank(one: Reservation) -> tuple[int, str, int]:
    """Return by what reservations are promised anew: their class, their day, and their time within its week."""
    return one.priority, f"{one.available_on}", -one.position.number if one.position else 1


def _classes(known: dict[ReservationKey, Reservation]) -> list[list[ReservationKey]]:
    return [list(keys) for _, keys in groupby(known, key=lambda key: known[key].priority)]


class _Trial:
    """Promises reservations anew in a copy of the state."""

    def __init__(self, tables: StateTables, known: dict[ReservationKey, Reservation], context: DecisionContext) -> None:
        self._before, self._tables, self._context = tables, tables.copy(), context
        self._known = {key: _bare(one) for key, one in known.items()}
        self._now = dict(self._known)

    def run(self, classes: Iterable[Sequence[ReservationKey]]) -> ReservationKey | None:
        """Promise the classes, in their order: each has what those before it leave.

        Who still can keeps its place until it has a better one; who was displaced gets the next.

        Args:
            classes: The reservations of each class.

        Returns:
            A reservation that would lose some of its quantity; None where there is none and all are promised.
        """
        for key in self._known:
            self._release(key)
        for keys in classes:
            displaced = [key for key in keys if not self._kept(key)]
            for key in displaced:
                found = self._fresh(key)
                if found.available_on is None or found.offered < found.quantity:
                    return key
                self._put(key, found)
            for _ in range(SWEEPS):
                gains = [self._improve(key) for key in keys]
                if not any(gains):
                    break
        return None

    def changes(self) -> tuple[Change, ...]:
        """Return the reservations that are other ones now."""
        pairs = ((key, before, self._now[key]) for key, before in self._known.items())
        return tuple(Change(*pair) for pair in pairs if pair[1] != pair[2])

    def _kept(self, key: ReservationKey) -> bool:
        one = self._known[key]
        fits = self._has_capacity(key, one) and self._has_stock(key, one)
        if fits:
            self._put(key, one)
        return fits

    def _improve(self, key: ReservationKey) -> bool:
        """Give the reservation an earlier day where there is one."""
        now = self._now[key]
        self._release(key)
        found = self._fresh(key)
        is_better = found.offered == found.quantity and _day(found) < _day(now)
        self._put(key, found if is_better else now)
        return is_better

    def _fresh(self, key: ReservationKey) -> Reservation:
        before = self._known[key]
        request: AllocationRequest = {
            "request_id": key.request_id,
            "order_key": before.order_key,
            "plant": key.plant,
            "item": key.item,
            "quantity": before.quantity,
            "action": AllocationAction.RESERVE,
            "generation": before.generation,
            "not_before": before.not_before,
            "expires_at": before.expires_at,
            "priority": before.priority,
            "programme": before.programme,
        }
        found = reserve.fresh(self._tables, key, reserve.Kept(), request, self._context)
        return replace(found, delivered_at=before.delivered_at)

    def _put(self, key: ReservationKey, one: Reservation) -> None:
        self._now[key] = one
        reservations.reserve(self._tables, key, one, today(key.plant, self._context))

    def _release(self, key: ReservationKey) -> None:
        known = self._tables.get(RESERVATIONS, key)
        assert known is not None  # noqa: S101  (it was found there, or put)
        reservations.release(self._tables, key, known, today(key.plant, self._context))

    def _has_capacity(self, key: ReservationKey, one: Reservation) -> bool:
        """Return whether the work still can be done in its weeks: each is not fuller than it may be, or than it was."""
        shop = workshop(key.plant, key.item, self._context.master, disruptions.stops_of(self._tables, key.plant).making)
        this_week = week_of(today(key.plant, self._context))
        for work in one.work:
            for name in (work.load, one.quota) if work.week >= this_week else ():
                if name is None:
                    continue
                used = reservations.load_of(self._tables, name).weeks.get(work.week, ZERO) + work.quantity
                before = reservations.load_of(self._before, name).weeks.get(work.week, ZERO)
                if used > before and not _has_room(shop, one, name, work.week, used):
                    return False
        return True

    def _has_stock(self, key: ReservationKey, one: Reservation) -> bool:
        """Return whether what it has from stock, and of what comes, has not been promised to others."""
        before, now = (reservations.stock_of(each, key.stock) for each in (self._before, self._tables))
        free = reservations.free_stock(self._tables, key.stock, self._context.master)
        if one.in_hub > free and now.promised + one.in_hub > before.promised:
            return False
        for share in one.receipts:
            found = planned_receipts.get(self._tables, key.plant, share.receipt_id)
            known = planned_receipts.get(self._before, key.plant, share.receipt_id)
            if found is None or known is None:
                return False
            if found[1].promised + share.quantity > max(found[1].quantity, known[1].promised):
                return False
        return True


def _has_room(shop: Workshop | None, one: Reservation, name: str, week: str, used: Decimal) -> bool:
    """Return whether so much may be taken of the week, of the capability or of the order's quota."""
    if shop is None or shop.weekly is None:
        return False
    if name == shop.load:
        load = capacity.Load({week: used})
        return not capacity.overbooked(load, shop, capacity.Work(name, week, used))
    most = quotas.most(shop, one.order_key, one.programme, week_begin(week), name)
    return most is not None and used <= most


def _day(one: Reservation) -> str:
    """Return the day as text, as that of nothing comes behind all others."""
    return f"{one.available_on}" if one.available_on else "~"


def _bare(one: Reservation) -> Reservation:
    """Return the reservation without its numbers among others."""
    return replace(one, age=None, position=None, receipts=tuple(share._replace(number=0) for share in one.receipts))


def _carry_out(
    tables: StateTables, plant: str, found: Sequence[Change], request_id: str, context: DecisionContext
) -> list[Result]:
    """Change the reservations, and return the results for the orders."""
    day, ages = today(plant, context), dict[ReservationKey, int | None]()
    for key, _, _ in found:
        known = tables.get(RESERVATIONS, key)
        assert known is not None  # noqa: S101  (it was found there)
        ages[key] = known.age
        reservations.release(tables, key, known, day)
    for key, _, after in sorted(found, key=lambda change: ages[change.key] is None):  # known numbers are taken first
        _put(tables, key, after, ages[key], context)
    if found:
        waiting.freed(tables, plant)
    return list(_results(found, request_id, context))


def _put(
    tables: StateTables, key: ReservationKey, after: Reservation, age: int | None, context: DecisionContext
) -> None:
    """Reserve it; in a shortage it counts as no younger than before. What the plant's ERP has is firm again."""
    if age is not None and after.in_hub > 0:
        tables.put(BY_AGE, (*key.stock, age), key.request_id)
        after = replace(after, age=age)
    reservations.reserve(tables, key, after, today(key.plant, context))
    kept = tables.get(RESERVATIONS, key)
    if after.delivered_at is not None and kept is not None and kept.in_hub > 0:
        # No level until now shows that it has this stock.
        tables.put(RESERVATIONS, key, delivery.deliver(tables, key, kept, context.time, context))


def _results(found: Iterable[Change], request_id: str, context: DecisionContext) -> Iterator[Result]:
    for change in found:
        if change.is_move:
            event_id = f"{context.event_id}/moved/{change.key.request_id}"
            moved = result(change.key, change.after, AllocationKind.MOVED, event_id)
            yield Result(event_id, {**moved.value, "repromising": request_id})


def _move(change: Change) -> RepromisingMove:
    before, after = change.before, change.after
    assert before.available_on is not None  # noqa: S101  (`_may_move` and `_Trial` see to both)
    assert after.available_on is not None  # noqa: S101
    return {
        "request_id": change.key.request_id,
        "order_key": before.order_key,
        "item": change.key.item,
        "quantity": before.quantity,
        "priority": before.priority,
        "before": before.available_on,
        "after": after.available_on,
        "in_erp": before.delivered_at is not None,
    }
