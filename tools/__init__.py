"""What may an agent do? The tool protocol and registry, and one tool or family a file."""
