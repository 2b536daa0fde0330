"""A compiled graph as text: Mermaid for documents, indented lines for a terminal."""

from coreagent.graphs.blueprint import Graph


def mermaid(graph: Graph) -> str:
    """Mermaid source; dotted arrows are taken under a condition."""
    return graph.get_graph().draw_mermaid()


def ascii_graph(graph: Graph) -> str:
    """One line a node: ``name  ->  next`` for the edge always taken, ``name  ..>  next, next`` for chosen ones."""
    drawn = graph.get_graph()
    width = max(len(name) for name in drawn.nodes)
    lines: list[str] = []
    for name in drawn.nodes:
        out = [edge for edge in drawn.edges if edge.source == name]
        always = [edge.target for edge in out if not edge.conditional]
        chosen = [edge.target for edge in out if edge.conditional]
        arrows = [f"->  {', '.join(always)}"] if always else []
        arrows += [f"..>  {', '.join(chosen)}"] if chosen else []
        lines.append(f"{name:<{width}}  {'   '.join(arrows)}".rstrip())
    return "\n".join(lines)
