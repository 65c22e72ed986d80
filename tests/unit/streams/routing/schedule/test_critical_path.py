"""The critical path: nothing begins before its parts are there, nothing is promised sooner than it can be."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument
from streams.routing.masterdata import calendars
from streams.routing.masterdata.calendars import Calendar
from streams.routing.model.copying import replace
from streams.routing.schedule.critical_path import Span, Spans, Task, Transport, backward, critical_path, forward
from tests.support import slow_schedule

KNOWN = calendars.load(Path("deploy/calendars/omsk.yaml")).by_id
RUSSIA, EVERY_DAY = KNOWN["ru-5x2"], KNOWN["every-day"]
SITES = {"ruskran": RUSSIA, "zmk-most": RUSSIA, "harbin-crane": KNOWN["cn-5x2"], "irtysh-trans": EVERY_DAY}

BEGIN = date(2026, 12, 1)
CRANE = (
    Task("girders", "zmk-most", 20, feeds=("coating",)),
    Task("coating", "tsvetnoy-bulvar", 5, feeds=("crane",)),
    Task("motors", "oemz", 25, feeds=("crane",)),
    Task("cabinet", "oetz", 20, feeds=("crane",)),
    Task("trolley", "ruskran", 45, feeds=("crane",)),
    Task("crane", "ruskran", 10),
)


def russian(_site: str) -> Calendar:
    return RUSSIA


def daily(_site: str) -> Calendar:
    return EVERY_DAY


def own(site: str) -> Calendar:
    return SITES[site]


def one_day(_origin: str, _destination: str) -> int:
    return 1


def no_way(_origin: str, _destination: str) -> int:
    return 0


def far(origin: str, destination: str) -> int:
    """From half a week to a month, and another way back."""
    return 3 + 7 * (len(origin) % 4) + len(destination) % 3


def ahead(tasks: Sequence[Task]) -> Spans:
    return forward(tasks, BEGIN, russian, one_day)


def path(tasks: Sequence[Task]) -> tuple[str, ...]:
    return critical_path(tasks, ahead(tasks), russian, one_day)


def changed(name: str, **facts: object) -> list[Task]:
    return [replace(task, **facts) if task.id == name else task for task in CRANE]  # type: ignore[arg-type]


def test_the_crane_is_done_when_its_trolley_allows() -> None:
    # December 2026 has 22 working days up to Wednesday the 30th; work goes on on Monday 11 January 2027.
    spans = ahead(CRANE)
    # 4 days up to 4 December, 9 up to the 11th, 14 up to the 18th, 19 up to the 25th, so Monday 28 December is the 20th
    assert spans["girders"] == Span(BEGIN, date(2026, 12, 28))
    # a day on the road; 29 and 30 December, 11, 12 and 13 January
    assert spans["coating"] == Span(date(2026, 12, 29), date(2027, 1, 13))
    # 22 in December, 11, 12 and 13 January
    assert spans["motors"] == Span(BEGIN, date(2027, 1, 13))
    assert spans["cabinet"] == Span(BEGIN, date(2026, 12, 28))
    # 22 in December, 15 from 11 to 29 January, 5 up to 5 February, 8, 9 and 10 February
    assert spans["trolley"] == Span(BEGIN, date(2027, 2, 10))
    # made where it is needed, so from the next day on; 11 and 12 (2) and 15-19 February (7), Saturday the 20th is
    # worked (8), 24 and 25 February
    assert spans["crane"] == Span(date(2027, 2, 11), date(2027, 2, 25))
    assert path(CRANE) == ("trolley", "crane")


def test_the_latest_days_of_the_crane() -> None:
    spans = backward(CRANE, date(2027, 2, 25), russian, one_day)
    assert spans["crane"] == Span(date(2027, 2, 11), date(2027, 2, 25))
    assert spans["trolley"] == Span(BEGIN, date(2027, 2, 10))
    # on the road on 10 February; 10, 9, 8, 5 and 4 February
    assert spans["coating"] == Span(date(2027, 2, 4), date(2027, 2, 10))
    # 3, 2 and 1 February, 25-29 (8), 18-22 (13), 11-15 January (18), 30 and 29 December
    assert spans["girders"] == Span(date(2026, 12, 29), date(2027, 2, 3))


def test_days_add_up_on_one_site() -> None:
    """Six levels of a day each are done on the sixth working day, with and without a weekend and holidays between."""
    levels = [Task(f"level-{n}", "oemz", 1, feeds=(f"level-{n + 1}",) if n < 6 else ()) for n in range(1, 7)]
    spans = forward(levels, date(2026, 11, 26), russian, one_day)
    # Thursday 26, Friday 27 and Monday 30 November, 1, 2 and 3 December
    assert [spans[f"level-{n}"].finish.isoformat()[5:] for n in range(1, 7)] == [
        "11-26",
        "11-27",
        "11-30",
        "12-01",
        "12-02",
        "12-03",
    ]
    # 26 and 27 November (2), 30 November to 4 December (7), 7-11 (12), 14-18 (17), 21-25 (22), 28-30 December (25),
    # 11-15 January: the thirtieth working day
    long = forward([replace(task, working_days=5) for task in levels], date(2026, 11, 26), russian, one_day)
    assert long["level-6"].finish == date(2027, 1, 15)


def test_each_level_of_one_site_has_its_own_latest_day() -> None:
    levels = [Task(f"level-{n}", "oemz", 2, feeds=(f"level-{n + 1}",) if n < 3 else ()) for n in range(1, 4)]
    spans = backward(levels, date(2026, 12, 15), russian, one_day)
    # Tuesday 15 and Monday 14; Friday 11 and Thursday 10; Wednesday 9 and Tuesday 8 December
    assert [spans[f"level-{n}"] for n in (3, 2, 1)] == [
        Span(date(2026, 12, 14), date(2026, 12, 15)),
        Span(date(2026, 12, 10), date(2026, 12, 11)),
        Span(date(2026, 12, 8), date(2026, 12, 9)),
    ]


def test_work_of_no_days_adds_none() -> None:
    """A part is done on Friday evening; what takes no work is done with it, and what follows begins on Monday."""
    tasks = [
        Task("part", "oemz", 1, feeds=("set",)),
        Task("set", "oemz", 0, feeds=("whole",)),
        Task("whole", "oemz", 1),
    ]
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    spans = forward(tasks, friday, russian, one_day)
    assert (spans["part"].finish, spans["set"].finish, spans["whole"]) == (friday, friday, Span(monday, monday))
    stocked = [replace(tasks[0], working_days=0), *tasks[1:]]
    assert forward(stocked, friday, russian, one_day)["whole"] == Span(friday, friday)


def test_between_sites_without_a_way_the_evening_counts_as_well() -> None:
    tasks = [Task("part", "oemz", 1, feeds=("whole",)), Task("whole", "ruskran", 1)]
    spans = forward(tasks, date(2026, 11, 26), russian, lambda _origin, _destination: 0)
    assert spans["whole"] == Span(date(2026, 11, 27), date(2026, 11, 27))


def test_what_leaves_or_arrives_later_is_waited_for() -> None:
    part = Task("part", "oemz", 1, feeds=("whole",))
    whole = Task("whole", "ruskran", 1)
    thursday = date(2026, 11, 26)
    late = forward([replace(part, leaves=date(2026, 12, 1)), whole], thursday, russian, one_day)
    assert late["whole"].start == date(2026, 12, 2)
    gone = forward([replace(part, arrived=date(2026, 12, 7)), whole], thursday, russian, one_day)
    assert gone["whole"].start == date(2026, 12, 7)


def test_with_a_trolley_on_stock_the_girders_decide() -> None:
    tasks = changed("trolley", working_days=0)
    # both coating and motors are there on 14 January: 14 and 15 (2), 18-22 (7), 25, 26 and 27 January
    assert ahead(tasks)["crane"] == Span(date(2027, 1, 14), date(2027, 1, 27))
    assert path(tasks) == ("girders", "coating", "crane")


def test_a_plants_later_promise_moves_the_crane() -> None:
    tasks = changed("motors", ready=date(2027, 3, 1))
    assert ahead(tasks)["motors"].finish == date(2027, 3, 1)
    assert ahead(tasks)["crane"].start == date(2027, 3, 2)
    assert path(tasks) == ("motors", "crane")


def test_a_plants_sooner_promise_is_believed() -> None:
    tasks = changed("trolley", ready=date(2026, 12, 10))
    assert ahead(tasks)["trolley"].finish == date(2026, 12, 10)
    assert path(tasks) == ("girders", "coating", "crane")


def test_a_promise_does_not_outrun_the_parts_that_it_waits_for() -> None:
    tasks = changed("coating", ready=date(2026, 12, 20))
    assert ahead(tasks)["coating"] == ahead(CRANE)["coating"]
    assert path([task for task in tasks if task.id != "trolley"]) == ("girders", "coating", "crane")


def test_a_promise_that_the_day_has_passed_by_is_not_yet_kept() -> None:
    late = changed("girders", ready=date(2026, 11, 20))
    assert ahead(late)["girders"].finish == BEGIN


def test_a_fact_counts_whatever_the_parts_say() -> None:
    tasks = changed("coating", ready=date(2026, 11, 20), made=True)
    assert ahead(tasks)["coating"].finish == date(2026, 11, 20)
    assert ahead(tasks)["girders"] == ahead(CRANE)["girders"]
    assert path([task for task in tasks if task.id not in ("trolley", "motors")]) == ("cabinet", "crane")


def test_a_path_begins_at_a_fact_even_where_its_parts_would_say_the_same() -> None:
    tasks = changed("coating", ready=date(2027, 1, 13), made=True)
    assert path([task for task in tasks if task.id not in ("trolley", "motors")]) == ("coating", "crane")


def test_a_fact_without_a_day_is_one_of_the_first_day() -> None:
    assert ahead(changed("coating", made=True))["coating"].finish == BEGIN


def test_the_parts_of_what_is_made_are_bound_by_the_end_alone() -> None:
    tasks = changed("coating", ready=date(2026, 11, 20), made=True)
    end = date(2027, 2, 24)
    assert backward(tasks, end, russian, one_day)["girders"].finish == end


def test_the_latest_finish_is_a_day_on_which_its_site_works() -> None:
    saturday = date(2027, 1, 16)
    assert backward([Task("a", "oemz", 2)], saturday, russian, one_day)["a"] == Span(
        date(2027, 1, 14), date(2027, 1, 15)
    )
    assert backward([Task("a", "oemz", 0)], saturday, russian, one_day)["a"] == Span(saturday, saturday)


def test_nothing_begins_before_its_own_earliest_day() -> None:
    tasks = changed("trolley", not_before=date(2027, 1, 9))
    assert ahead(tasks)["trolley"].start == date(2027, 1, 9)
    assert ahead(tasks)["trolley"].finish == RUSSIA.finish(date(2027, 1, 11), 45)


def test_a_path_begins_where_an_earliest_day_decides() -> None:
    tasks = changed("crane", not_before=date(2027, 5, 1))
    assert path(tasks) == ("crane",)


def test_transport_counts_on_days_that_nobody_works() -> None:
    friday, sunday, monday = date(2026, 11, 27), date(2026, 11, 29), date(2026, 11, 30)
    tasks = [Task("part", "oemz", 1, feeds=("whole",)), Task("whole", "ruskran", 1)]
    spans = forward(tasks, friday, russian, lambda _origin, _destination: 2)
    assert spans["whole"] == Span(sunday, monday)


def test_the_later_of_two_ends_is_the_one_that_counts_and_of_equals_the_lesser_id() -> None:
    assert path([Task("a", "oemz", 3), Task("b", "oemz", 4)]) == ("b",)
    assert path([Task("b", "oemz", 4), Task("a", "oemz", 4)]) == ("a",)


def test_without_tasks_there_is_nothing_to_plan() -> None:
    assert ahead([]) == {}
    assert path([]) == ()


@pytest.mark.parametrize("order", [1, -1])
def test_a_circle_is_refused_with_its_path(order: int) -> None:
    tasks = [*changed("crane", feeds=("girders",)), Task("spare", "oemz", 1, feeds=("crane",))][::order]
    with pytest.raises(InvalidDocument) as caught:
        ahead(tasks)
    assert caught.value.code == "bill-cycle"
    for text in (caught.value.text.en, caught.value.text.ru):
        assert "coating → crane → girders → coating" in text


def test_what_goes_into_itself_is_refused() -> None:
    with pytest.raises(InvalidDocument, match="crane → crane"):
        ahead(changed("crane", feeds=("crane",)))


def test_what_goes_into_nothing_known_is_refused_with_its_path() -> None:
    for use in (forward, backward):
        with pytest.raises(InvalidDocument) as caught:
            use(changed("motors", feeds=("bogie",)), BEGIN, russian, one_day)
        assert caught.value.code == "bill-missing-leaf"
        for text in (caught.value.text.en, caught.value.text.ru):
            assert "motors → bogie" in text


@pytest.mark.parametrize("feeds", [("bogie", "wheel"), ("wheel", "bogie")])
def test_of_two_unknown_parts_the_same_one_is_named_every_time(feeds: tuple[str, str]) -> None:
    with pytest.raises(InvalidDocument, match="motors → bogie"):
        ahead(changed("motors", feeds=feeds))


def test_the_ends_of_time_end_no_process() -> None:
    tasks = [Task("part", "oemz", 10**9, feeds=("whole",)), Task("whole", "ruskran", 10**9)]
    spans = forward(tasks, date(2100, 12, 1), russian, lambda _origin, _destination: 10**10)
    assert spans["whole"].finish == date.max
    assert backward(tasks, date(1990, 1, 2), russian, lambda _origin, _destination: 10**10)["part"].start == date.min


def test_a_chain_of_thousands_is_planned() -> None:
    length = 3000
    tasks = [Task(f"{n:05}", "oemz", 0, feeds=(f"{n + 1:05}",) if n + 1 < length else ()) for n in range(length)]
    assert ahead(tasks)[f"{length - 1:05}"].finish == BEGIN
    assert len(path(tasks)) == length


days = st.dates(date(2026, 9, 1), date(2027, 6, 30))
names = st.permutations("abcdefgh")


@st.composite
def plans(draw: st.DrawFn, told: bool = True, moved: bool = False) -> list[Task]:
    """Tasks that feed later ones, in any order and under any ids; plants have spoken of some if ``told``.

    With ``moved``, some leave later than they are done, and of some the arrival is known.
    """
    ids = draw(names)[: draw(st.integers(1, 8))]
    said = st.none() | days if told else st.none()
    tasks = [
        Task(
            id=name,
            site=draw(st.sampled_from(sorted(SITES))),
            working_days=draw(st.integers(0, 30)),
            ready=(ready := draw(said)),
            not_before=draw(said),
            feeds=tuple(draw(st.sets(st.sampled_from(ids[at + 1 :]))) if at + 1 < len(ids) else ()),
            made=ready is not None and draw(st.booleans()),
            leaves=draw(said) if moved else None,
            arrived=draw(said) if moved else None,
        )
        for at, name in enumerate(ids)
    ]
    return draw(st.permutations(tasks))


def end_of(spans: Spans) -> date:
    return max(span.finish for span in spans.values())


def slack(tasks: Sequence[Task], spans: Spans, late: Spans) -> Mapping[str, int]:
    """Days by which each task may be done later without the end being so."""
    return {task.id: (late[task.id].finish - spans[task.id].finish).days for task in tasks}


@given(plans() | plans(moved=True), days, st.sampled_from([far, one_day, no_way]))
def test_the_days_are_those_of_a_slow_schedule_that_plays_each_day(
    tasks: list[Task], begin: date, transport: Transport
) -> None:
    spans = forward(tasks, begin, own, transport)
    assert {name: span.finish for name, span in spans.items()} == slow_schedule.finishes(tasks, begin, own, transport)
    assert all(span.start <= span.finish for span in spans.values())


@given(plans(), days)
def test_the_latest_days_are_never_before_the_earliest(tasks: list[Task], begin: date) -> None:
    spans = forward(tasks, begin, own, far)
    late = backward(tasks, end_of(spans), own, far)
    for task in tasks:
        assert late[task.id].start >= spans[task.id].start
        assert late[task.id].finish >= spans[task.id].finish
        assert late[task.id].start <= late[task.id].finish <= end_of(spans)


@given(plans(told=False), days)
def test_what_begins_on_its_latest_day_still_ends_in_time(tasks: list[Task], begin: date) -> None:
    end = end_of(forward(tasks, begin, own, far))
    late = backward(tasks, end, own, far)
    delayed = [replace(task, not_before=late[task.id].start) for task in tasks]
    assert end_of(forward(delayed, begin, own, far)) == end


@given(plans(told=False), days)
def test_the_critical_path_has_the_least_slack(tasks: list[Task], begin: date) -> None:
    spans = forward(tasks, begin, daily, far)
    spare = slack(tasks, spans, backward(tasks, end_of(spans), daily, far))
    chain = critical_path(tasks, spans, daily, far)
    assert {spare[name] for name in chain} == {0} == {min(spare.values())}


@given(plans(), days)
def test_the_critical_path_alone_decides_the_end(tasks: list[Task], begin: date) -> None:
    spans = forward(tasks, begin, own, far)
    chain = critical_path(tasks, spans, own, far)
    by_id = {task.id: task for task in tasks}
    following = dict(zip(chain, [*chain[1:], ""], strict=True))
    assert all(following[name] in by_id[name].feeds for name in chain[:-1])
    assert by_id[chain[-1]].feeds == ()
    assert spans[chain[-1]].finish == max(spans[task.id].finish for task in tasks if not task.feeds)
    alone = [replace(by_id[name], feeds=(following[name],) if following[name] else ()) for name in chain]
    assert forward(alone, begin, own, far)[chain[-1]].finish == spans[chain[-1]].finish


@given(plans(), days, st.randoms(use_true_random=False))
def test_the_order_in_which_tasks_are_given_does_not_matter(tasks: list[Task], begin: date, random: Random) -> None:
    shuffled = [replace(task, feeds=task.feeds[::-1]) for task in tasks]
    random.shuffle(shuffled)
    spans = forward(tasks, begin, own, far)
    assert forward(shuffled, begin, own, far) == spans
    assert backward(shuffled, begin, own, far) == backward(tasks, begin, own, far)
    assert critical_path(shuffled, spans, own, far) == critical_path(tasks, spans, own, far)
