"""The master data as the files of the settings hold it."""

from kranhub.settings import Settings
from streams.routing.masterdata import masterdata
from streams.routing.masterdata.masterdata import MasterData


def load(settings: Settings) -> MasterData:
    """Return the master data of the five files, validated.

    All five must be set: where one were left out, publishing would take what it holds out of the hub.

    Raises:
        Misconfigured: A setting is not set, or a file cannot be read or is wrong.
    """
    return masterdata.load(
        settings.required("members_file"),
        settings.required("nomenclature_file"),
        settings.required("rules_file"),
        settings.required("calendars_file"),
        settings.required("rates_file"),
    )
