"""The settings of each kind of poll in the form of a poll: one form class per kind."""
