"""A graph before it is compiled: nodes by name that can be replaced or added to.

``core(agent).replace("verify", my_verifier).compile()`` gives an ordinary compiled LangGraph graph.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Durability

from coreagent.errors import UnknownNameError, UsageError

Node = Callable[..., Any]
Graph = CompiledStateGraph[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """``connect`` adds the edges to a graph that already has the nodes; ``destinations`` serve the drawing only.

    ``durability`` ``sync`` has each step on disk before the next begins, for graphs that run long.
    """

    name: str
    state: type
    input_schema: type
    output_schema: type
    nodes: Mapping[str, Node]
    destinations: Mapping[str, tuple[str, ...]]
    connect: Callable[[Any], None]
    durability: Durability = "async"

    def replace(self, name: str, node: Node) -> "Blueprint":
        """The same graph with another node under this name.

        Raises:
            UnknownNameError: there is no such node.
        """
        if name not in self.nodes:
            raise UnknownNameError("node", name, self.nodes)
        return replace(self, nodes={**self.nodes, name: node})

    def insert(self, name: str, node: Node, *, between: tuple[str, str]) -> "Blueprint":
        """The same graph with a node added on the edge ``between[0] -> between[1]``.

        Raises:
            UsageError: the name is taken, or there is no such plain edge.
        """
        if name in self.nodes:
            raise UsageError(f"node {name!r} is already there", mend="Use replace, or another name.")
        connect, (source, target) = self.connect, between

        def rewired(graph: Any) -> None:
            connect(graph)
            if between not in graph.edges:
                edges = ", ".join(f"{a} -> {b}" for a, b in sorted(graph.edges))
                raise UsageError(f"there is no edge {source} -> {target}", mend=f"Plain edges: {edges}.")
            graph.edges.discard(between)
            graph.add_edge(source, name)
            graph.add_edge(name, target)

        return replace(self, nodes={**self.nodes, name: node}, connect=rewired)

    def build(self) -> Any:
        """The uncompiled ``StateGraph``, to be changed further."""
        new_graph: Any = StateGraph
        graph = new_graph(self.state, input_schema=self.input_schema, output_schema=self.output_schema)
        for name, node in self.nodes.items():
            graph.add_node(name, node, destinations=self.destinations.get(name))
        self.connect(graph)
        return graph

    def compile(self, *, checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
        """An ordinary LangGraph graph."""
        compiled: Graph = self.build().compile(checkpointer=checkpointer, name=self.name)
        return compiled
