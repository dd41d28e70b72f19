/** How a device is installed: devices that share a node, and the network card that each has, one direction. */
export interface NodeFacts {
  readonly devices: number;
  readonly nic_bytes_per_s: number;
  /** False: eight to a node with 400 Gb/s each is assumed. */
  readonly known: boolean;
}

const node = (devices: number, gbPerSecond: number): NodeFacts => ({
  devices,
  nic_bytes_per_s: gbPerSecond * 1e9,
  known: true,
});

/** Vendors' node designs (InferenceX gpu-specs, aiconfigurator systems files, Intel's Hot Chips 2024 deck). */
const NODES: Readonly<Record<string, NodeFacts>> = {
  'h100-sxm': node(8, 50),
  'h100-pcie': node(8, 50),
  'h200-sxm': node(8, 50),
  h20: node(8, 50),
  'b200-sxm': node(8, 50),
  'b300-sxm': node(8, 100),
  'gb200-nvl72': node(4, 100),
  'gb300-nvl72': node(4, 100),
  'a100-80-sxm': node(8, 25),
  a40: node(2, 25),
  l40s: node(8, 50),
  l4: node(8, 25),
  'rtx-pro-6000-server': node(8, 50),
  mi300x: node(8, 50),
  mi325x: node(8, 50),
  mi350x: node(8, 50),
  mi355x: node(8, 50),
  gaudi2: node(8, 37.5),
  gaudi3: node(8, 75),
  'gaudi3-pcie': node(4, 75),
};

const ASSUMED: NodeFacts = { devices: 8, nic_bytes_per_s: 50e9, known: false };

export const nodeOf = (id: string): NodeFacts => (Object.hasOwn(NODES, id) ? NODES[id]! : ASSUMED);
