"""What the plants of Omsk respond to plant orders, for property tests: who refuses, and how far the others go."""

from datetime import timedelta

from hypothesis import strategies as st

from tests.support.plants import START, Answers, Event, Value, full_production, full_receipt, full_response

refusers = st.sets(st.sampled_from(["tsvetnoy-bulvar", "ruskran", "zmk-most", "oemz"]))
extents = st.sampled_from(["answered", "begun", "made"])


def responding(refusing: set[str], extent: str) -> Answers:
    """Return plants that acknowledge, answer, receive and produce as far as `extents` say, at their own fixed times."""

    def answers(asked: Value) -> list[Event]:
        name = f"{asked['plant_order_id']}/{asked['revision']}"
        if asked["document_status"] == "CANCELLED":
            return [Event(f"{name}/receipt", "Receipt", full_receipt(asked, "APPLIED", START))]
        code = "RE" if asked["plant"] in refusing else "AP"
        found = [
            Event(f"{name}/AB", "OrderResponse", full_response(asked, "AB", START)),
            Event(f"{name}/{code}", "OrderResponse", full_response(asked, code, START + timedelta(hours=1))),
            Event(f"{name}/receipt", "Receipt", full_receipt(asked, "APPLIED", START)),
        ]
        if code == "AP" and extent != "answered":
            found.append(Event(f"{name}/p1", "ProductionStatus", full_production(asked, "RUNNING", START)))
        if code == "AP" and extent == "made":
            done = full_production(asked, "COMPLETED", START + timedelta(days=1))
            found.append(Event(f"{name}/p2", "ProductionStatus", done))
        return found

    return answers
