"""Reports as CSV, JSON and XLSX, written a poll at a time."""
