"""A password in an address is on no screen, in no log and in no error."""

import httpx
import pytest

from kranhub.errors import Unavailable
from kranhub.operations import probe
from kranhub.redaction import shown
from kranhub.wire.registry import Registry

SECRET = "http://hub:s3cret@localhost:1/apis"


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        (SECRET, "http://hub:***@localhost:1/apis"),
        ("http://localhost:8081", "http://localhost:8081"),
        ("http://hub@localhost:8081/", "http://hub@localhost:8081/"),
        ("http://hub:s3cret@localhost:no", "localhost:no"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, seen: str) -> None:
    assert shown(url) == seen


def test_the_registrys_errors_do_not_tell_it() -> None:
    def fails(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Basic ")
        raise httpx.ConnectError("refused")

    with Registry(SECRET, httpx.MockTransport(fails)) as registry, pytest.raises(Unavailable) as raised:
        registry.schema(1)
    assert "s3cret" not in str(raised.value)
    with pytest.raises(Unavailable) as raised:
        probe.registry(SECRET)
    assert "s3cret" not in str(raised.value)
