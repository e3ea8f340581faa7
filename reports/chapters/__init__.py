"""The numbers of a month put into words and tables, chapter by chapter. PURE."""
