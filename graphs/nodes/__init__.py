"""The steps of the core graph, one a file. Each module offers a builder that closes over the shared dependencies."""
