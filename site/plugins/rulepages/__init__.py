"""The one page engine: rows in, pages out.

Everything that decides a page's path, template or context is here. The modules are pure: standard library, jinja2 and
markdown only, no clock, no randomness, no environment. The pages worker runs them through Pelican (see `adapter.py`
beside this package); the API loads the same modules and templates for the pages that it must render itself.

Read in this order: `rows` (what comes in), `catalogue` and `content` (words from files), `site` (both, with the
addresses), `listings` (place arithmetic), `pages` (what goes out), `affected` (which pages a change touches).
"""
