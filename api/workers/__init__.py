"""The two processes that work behind the API: pages and errands."""
