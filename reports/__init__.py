"""Reports on polls and workspaces as files, created by jobs."""
