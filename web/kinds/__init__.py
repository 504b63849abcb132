"""What pages need of each kind of poll: see ``web.kinds.base``."""
