"""The blind check of the catalogue's texts: can a fresh reader tell which method a text is about?

`python -m tests.blind_check.sheets` writes one sheet per section: its titles, and its texts in a shuffled order with
the words of each one's own title masked. A reader who has seen nothing else writes which is which. `answers/` holds
what readers wrote, as they wrote it; `test_blind_check.py` counts.
"""
