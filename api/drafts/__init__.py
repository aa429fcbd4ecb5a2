"""Drafts: several per person, each with its earlier texts."""
