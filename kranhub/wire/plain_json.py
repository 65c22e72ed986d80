"""Records as JSON for a person or a script: decimals without trailing zeros, instants in RFC 3339, bytes in base64."""

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

JsonDocument = dict[str, Any]
"""A JSON object for a person or a script."""


def plain(value: Any) -> Any:
    """Return the value as types of JSON: str, int, bool, None, list and dict."""
    match value:
        case dict():
            return {str(name): plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case Decimal():
            return f"{value.normalize():f}"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
    return value
