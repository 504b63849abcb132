"""The kinds of polls, as pure functions: no Django, no database, no clock.

``docs/kinds.md`` describes the model: ballots are lists of answers, the tally is the sum of cells,
and a view is computed from the cells.
"""
