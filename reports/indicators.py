"""The indicator dictionary: what each figure of wall and report means, defined once. PURE."""
