"""What the contract suite finds in our own connectors and is not mended yet: expected to fail, and said in every run.

Who mends one takes it out of the list; a test that passes although it stands here is reported as XPASS.
"""

import pytest

KNOWN = {
    "TestSql": (
        "test_no_error_of_the_driver_ends_",
        "test_a_clock_ahead_hides_nothing[OrderResponse]",
        "test_a_document_stamped_ahead_can_be_corrected[OrderResponse]",
        "test_many_old_documents_do_not_keep_it_from_starting",
        "test_deleted_and_entered_again_is_a_newer_state[InventoryLevel]",
        "test_two_rows_of_one_code_are_summed_or_refused",
        "test_rows_with_odd_keys_or_versions_are_read[InventoryLevel]",
    ),
    "TestPostgresql": (
        "test_no_error_of_the_driver_ends_",
        "test_a_clock_ahead_hides_nothing[OrderResponse]",
        "test_a_document_stamped_ahead_can_be_corrected[OrderResponse]",
        "test_many_old_documents_do_not_keep_it_from_starting",
        "test_deleted_and_entered_again_is_a_newer_state[InventoryLevel]",
        "test_two_rows_of_one_code_are_summed_or_refused",
        "test_rows_with_odd_keys_or_versions_are_read",
    ),
    "TestSqlCustomer": (
        "test_no_error_of_the_driver_ends_",
        "test_a_clock_ahead_hides_nothing",
        "test_a_document_stamped_ahead_can_be_corrected",
        "test_many_old_documents_do_not_keep_it_from_starting",
        "test_a_withdrawn_order_is_cancelled",
        "test_a_deleted_order_is_cancelled",
        "test_an_order_that_comes_back_in_time_is_not_cancelled",
    ),
    "TestTrytonPlant": ("test_",),
    "TestTrytonCustomer": ("test_",),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is known."""
    for item in items:
        kind = item.parent.name if item.parent else ""
        if any(item.name.startswith(name) for name in KNOWN.get(kind, ())):
            item.add_marker(pytest.mark.xfail(reason="a known defect of the connector", strict=False))
