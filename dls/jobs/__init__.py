"""Long work that pages and commands ask for: joins the study's store with the networks and maps."""
