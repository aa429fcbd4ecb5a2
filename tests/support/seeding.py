"""The catalogue in a test's database."""

from api.catalogue.actions import SeedReport, seed_catalogue
from api.database import connect
from rulepages.catalogue import Catalogue
from tests.support.cast import Stage
from tests.support.documents import catalogue


def seed(stage: Stage, known: Catalogue | None = None) -> dict[str, SeedReport]:
    """What was done, by unit."""
    with connect(stage.parts.config.database_url) as connection:
        reports = seed_catalogue(connection=connection, catalogue=known or catalogue())
    return {report.unit: report for report in reports}
