"""What people do with their own account."""

from api.accounts import queries
from api.database import Database
from api.pages.changing import add_page_job
from api.people import Person
from rulepages.affected import Change, Kind


def rename_person(*, database: Database, by: Person, display_name: str) -> None:
    """Change the name that stands on the person's rules; an empty one takes it away."""
    with database.transaction() as connection:
        if queries.set_display_name(connection, by.id, display_name):
            slugs = queries.published_slugs(connection, by.id)
            add_page_job(connection, [Change(Kind.OWNER_CHANGED, slug) for slug in slugs])
