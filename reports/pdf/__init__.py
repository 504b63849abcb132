"""Reports as PDF: the document as data, and the process that typesets it."""
