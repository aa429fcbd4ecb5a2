"""Ask an organizer: a question that reaches a person by mail."""
