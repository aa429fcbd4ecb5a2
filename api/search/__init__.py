"""Search: public rules, and what the site itself offers."""
