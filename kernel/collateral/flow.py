"""The largest flow from supplies to demands, by rank and in proportion, with its proof.

Four aims, each only where the ones before leave a choice:

1. the total is as large as it can be;
2. the sum of ``rank x amount`` is as small as it can be, so an edge of a later rank carries
   nothing that a demand with room on an earlier rank of the same supply still asks for;
3. the sum of ``amount squared / weight`` is as small as it can be, so equal ranks share in
   proportion to their weights. In whole units this is the Sainte-Laguë rule;
4. the sum of ``index x amount`` is as small as it can be: an odd unit goes to the first edge.

Aims 1 and 2 are a minimum-cost maximum flow, solved by networkx. Aim 3 is convex: cycles that
lower the cost are cancelled, in steps of falling powers of two. The last step has one unit, and a
flow without a cheaper cycle of one unit is optimal. The same network gives the same flow.

Units: whole numbers of any size; no float anywhere.
Source: Ford and Fulkerson 1956 (cut); Klein 1967 (cycles); Ahuja, Magnanti, Orlin, *Network
Flows*, 1993, section 14.4 (convex cost, scaling); Balinski and Young 1982 (Sainte-Laguë).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import networkx as nx

SOURCE, SINK = 0, 1


class Edge(NamedTuple):
    """From a supply to a demand, both by index. ``rank`` from 1; ``weight`` at least 1."""

    supply: int
    demand: int
    rank: int
    capacity: int
    weight: int


class Network(NamedTuple):
    """What can be given, what is asked, and by which edges."""

    supplies: Sequence[int]
    demands: Sequence[int]
    edges: Sequence[Edge]

    def supply_node(self, supply: int) -> int:
        """Number of the node of a supply."""
        return 2 + supply

    def demand_node(self, demand: int) -> int:
        """Number of the node of a demand."""
        return 2 + len(self.supplies) + demand

    @property
    def node_count(self) -> int:
        """Source, sink, supplies, demands."""
        return 2 + len(self.supplies) + len(self.demands)


class Cut(NamedTuple):
    """Why no more can flow: these supplies, demands and edges are used in full.

    Every way from source to sink crosses one of them, so their sum bounds every flow.
    """

    supplies: list[int]
    demands: list[int]
    edges: list[int]

    def capacity(self, network: Network) -> int:
        """The bound; equal to the total of a largest flow."""
        return (
            sum(network.supplies[each] for each in self.supplies)
            + sum(network.demands[each] for each in self.demands)
            + sum(network.edges[each].capacity for each in self.edges)
        )


class Price(NamedTuple):
    """Cost of an amount on an edge: ``unit x amount + square x amount squared``."""

    unit: int
    square: int


class Arc(NamedTuple):
    """A way on which the step may still be sent; ``edge`` is None next to source and sink."""

    tail: int
    head: int
    cost: int
    edge: int | None
    sign: int


def best_flow(network: Network) -> list[int]:
    """The amount on each edge, by the four aims."""
    if len(network.edges) <= 1:
        return [_widest(network, edge) for edge in network.edges]
    found = nx.max_flow_min_cost(_graph(network), SOURCE, SINK)
    first = network.node_count
    tails = [network.supply_node(edge.supply) for edge in network.edges]
    return evened(network, [found[tail][first + e] for e, tail in enumerate(tails)])


def most(network: Network) -> int:
    """The total of a largest flow."""
    if len(network.edges) <= 1:
        return sum(_widest(network, edge) for edge in network.edges)
    return int(nx.maximum_flow_value(_graph(network), SOURCE, SINK))


def _widest(network: Network, edge: Edge) -> int:
    """The most that an edge carries when it is alone."""
    return min(network.supplies[edge.supply], network.demands[edge.demand], edge.capacity)


def _graph(network: Network) -> nx.DiGraph[int]:
    """As networkx wants it; an edge gets a node of its own, so that two may run side by side."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from((SOURCE, SINK))
    for s, minor in enumerate(network.supplies):
        graph.add_edge(SOURCE, network.supply_node(s), capacity=minor)
    for d, minor in enumerate(network.demands):
        graph.add_edge(network.demand_node(d), SINK, capacity=minor)
    for e, edge in enumerate(network.edges):
        middle = network.node_count + e
        tail, head = network.supply_node(edge.supply), network.demand_node(edge.demand)
        graph.add_edge(tail, middle, capacity=edge.capacity, weight=edge.rank)
        graph.add_edge(middle, head, capacity=edge.capacity)
    return graph


def evened(network: Network, flows: Sequence[int]) -> list[int]:
    """The flow of the same total that is best by aims 2 to 4."""
    flows = list(flows)
    step = 1 << sum(flows).bit_length()
    prices = _prices(network, step)
    while step:
        arcs = residual(network, flows, step, prices)
        cycle = _cheaper_cycle(network.node_count, arcs)
        if not cycle:
            step //= 2
            continue
        for arc in cycle:
            if arc.edge is not None:
                flows[arc.edge] += arc.sign * step
    return flows


def _prices(network: Network, step: int) -> list[Price]:
    """Prices so far apart that no amount of a later aim outweighs one unit of an earlier one."""
    edges = network.edges
    widest = step + max(min(edge.capacity, network.supplies[edge.supply]) for edge in edges)
    common = math.lcm(*(edge.weight for edge in edges)) * (1 + widest * len(edges) ** 2)
    squared = [common // edge.weight for edge in edges]
    above = 1 + widest**2 * sum(squared) + widest * len(edges) ** 2
    return [
        Price(edge.rank * above + at, share)
        for at, (edge, share) in enumerate(zip(edges, squared, strict=True))
    ]


def residual(
    network: Network, flows: Sequence[int], step: int, prices: Sequence[Price]
) -> list[Arc]:
    """Ways on which ``step`` may be sent on or taken back, with what that costs a unit."""
    arcs: list[Arc] = []
    given, taken = [0] * len(network.supplies), [0] * len(network.demands)
    for e, (edge, flow) in enumerate(zip(network.edges, flows, strict=True)):
        given[edge.supply] += flow
        taken[edge.demand] += flow
        tail, head = network.supply_node(edge.supply), network.demand_node(edge.demand)
        price = prices[e]
        if edge.capacity - flow >= step:
            cost = price.unit + price.square * (2 * flow + step)
            arcs.append(Arc(tail, head, cost, e, 1))
        if flow >= step:
            cost = price.unit + price.square * (2 * flow - step)
            arcs.append(Arc(head, tail, -cost, e, -1))
    ends = [(SOURCE, network.supply_node(s), given[s], c) for s, c in enumerate(network.supplies)]
    ends += [(network.demand_node(d), SINK, taken[d], c) for d, c in enumerate(network.demands)]
    for tail, head, flow, capacity in ends:
        if capacity - flow >= step:
            arcs.append(Arc(tail, head, 0, None, 1))
        if flow >= step:
            arcs.append(Arc(head, tail, 0, None, -1))
    return arcs


def _cheaper_cycle(node_count: int, arcs: Sequence[Arc]) -> list[Arc]:
    """A cycle of negative cost, or nothing (Bellman and Ford, from all nodes at once)."""
    distance = [0] * node_count
    came_by: list[Arc | None] = [None] * node_count
    node = None
    for _ in range(node_count):
        node = None
        for arc in arcs:
            reached = distance[arc.tail] + arc.cost
            if reached < distance[arc.head]:
                distance[arc.head] = reached
                came_by[arc.head] = arc
                node = arc.head
        if node is None:
            return []
    assert node is not None
    for _ in range(node_count):
        node = _step_back(came_by, node).tail
    cycle = [_step_back(came_by, node)]
    while cycle[-1].tail != node:
        cycle.append(_step_back(came_by, cycle[-1].tail))
    return cycle


def _step_back(came_by: Sequence[Arc | None], node: int) -> Arc:
    arc = came_by[node]
    assert arc is not None
    return arc


def blocking_cut(network: Network, flows: Sequence[int]) -> Cut:
    """The cut nearest to the source that the flow fills; proves a largest flow to be one."""
    reached = {SOURCE}
    arcs = residual(network, flows, 1, [Price(0, 0)] * len(network.edges))
    heads: dict[int, list[int]] = {}
    for arc in arcs:
        heads.setdefault(arc.tail, []).append(arc.head)
    waiting = [SOURCE]
    while waiting:
        for head in heads.get(waiting.pop(), ()):
            if head not in reached:
                reached.add(head)
                waiting.append(head)
    from_source = [network.supply_node(s) in reached for s in range(len(network.supplies))]
    to_sink = [network.demand_node(d) in reached for d in range(len(network.demands))]
    return Cut(
        [s for s, inside in enumerate(from_source) if not inside],
        [d for d, inside in enumerate(to_sink) if inside],
        [
            e
            for e, edge in enumerate(network.edges)
            if from_source[edge.supply] and not to_sink[edge.demand]
        ],
    )
