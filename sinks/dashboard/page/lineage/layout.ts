// A layered picture, left to right: Sugiyama's steps, each bounded, so that it always ends.
//
// Layers by longest path; long links get a point in each layer they cross; the order within
// layers by barycentres, of several sweeps the one with the fewest crossings; heights by
// averages of neighbours, kept apart by pooling adjacent violators.

export interface Box { width: number; height: number }
export interface Placed { x: number; y: number }
export interface Picture {
  boxes: Placed[];
  lines: (number[] | null)[];
  width: number;
  height: number;
}

const GAP_X = 56;
const GAP_Y = 18;
const POINT = 10;
const POINTS_MAX = 30_000;
const SWEEPS = 8;
const PASSES = 10;

interface Vertex { layer: number; height: number; width: number; y: number; order: number; box: number }

/** Return where each box goes, and the points of each link; of one to itself null. */
export function layout(boxes: Box[], links: [number, number][]): Picture {
  const forward = acyclic(boxes.length, links);
  const layers = layersOf(boxes.length, forward);
  const { vertices, before, after, chains } = withPoints(boxes, forward, layers);
  const rows = ordered(vertices, before, after);
  place(vertices, rows, before, after);
  const { lefts, widths, width } = columnsOf(rows, vertices);
  const top = Math.min(0, ...vertices.map((v) => v.y - v.height / 2));
  const height = Math.max(0, ...vertices.map((v) => v.y + v.height / 2)) - top;
  const placed = boxes.map((_, n) => ({ x: lefts[vertices[n].layer], y: vertices[n].y - vertices[n].height / 2 - top }));
  const lines = links.map(([source, target], n) => {
    if (source === target) return null;
    const [start, end] = forward[n]!;
    const points = [lefts[vertices[start].layer] + vertices[start].width, vertices[start].y - top];
    for (const point of chains[n]) {
      const { layer, y } = vertices[point];
      points.push(lefts[layer], y - top, lefts[layer] + widths[layer], y - top);
    }
    points.push(lefts[vertices[end].layer], vertices[end].y - top);
    // A link that closes a cycle was turned round for the layers only.
    return start === source ? points : reversed(points);
  });
  return { boxes: placed, lines, width, height };
}

function reversed(points: number[]): number[] {
  const turned: number[] = [];
  for (let n = points.length - 2; n >= 0; n -= 2) turned.push(points[n], points[n + 1]);
  return turned;
}

/** Return the links with those turned round that close a cycle; null for links to oneself. */
function acyclic(count: number, links: [number, number][]): ([number, number] | null)[] {
  const leaving: number[][] = Array.from({ length: count }, () => []);
  const degree = new Int32Array(count);
  links.forEach(([source, target], n) => {
    if (source === target) return;
    leaving[source].push(n);
    degree[target] += 1;
  });
  const state = new Uint8Array(count);
  const result: ([number, number] | null)[] = links.map(([a, b]) => (a === b ? null : [a, b]));
  const roots = [...Array(count).keys()].sort((a, b) => degree[a] - degree[b]);
  for (const root of roots) {
    if (state[root]) continue;
    const stack: [number, number][] = [[root, 0]];
    state[root] = 1;
    while (stack.length) {
      const top = stack[stack.length - 1];
      const link = leaving[top[0]][top[1]++];
      if (link === undefined) {
        state[top[0]] = 2;
        stack.pop();
        continue;
      }
      const target = links[link][1];
      if (state[target] === 1) result[link] = [target, top[0]];
      else if (!state[target]) {
        state[target] = 1;
        stack.push([target, 0]);
      }
    }
  }
  return result;
}

/** Return each box's layer: behind all before it, and what has room to the right close to it. */
function layersOf(count: number, links: ([number, number] | null)[]): Int32Array {
  const after: number[][] = Array.from({ length: count }, () => []);
  const entering = new Int32Array(count);
  for (const link of links) {
    if (!link) continue;
    after[link[0]].push(link[1]);
    entering[link[1]] += 1;
  }
  const degree = entering.slice();
  const layer = new Int32Array(count);
  const order: number[] = [];
  for (let n = 0; n < count; n++) if (!degree[n]) order.push(n);
  for (let at = 0; at < order.length; at++) {
    for (const target of after[order[at]]) {
      layer[target] = Math.max(layer[target], layer[order[at]] + 1);
      if (!--degree[target]) order.push(target);
    }
  }
  for (const node of order.reverse()) {
    if (!after[node].length || entering[node] > after[node].length) continue;
    let nearest = Infinity;
    for (const target of after[node]) nearest = Math.min(nearest, layer[target]);
    layer[node] = Math.max(layer[node], nearest - 1);
  }
  return layer;
}

function withPoints(boxes: Box[], links: ([number, number] | null)[], layer: Int32Array) {
  const vertices: Vertex[] = boxes.map((box, n) => ({ layer: layer[n], ...box, y: 0, order: 0, box: n }));
  const before: number[][] = boxes.map(() => []);
  const after: number[][] = boxes.map(() => []);
  const join = (a: number, b: number) => {
    after[a].push(b);
    before[b].push(a);
  };
  const drawn = new Map<string, number[]>();
  const chains = links.map((link) => {
    if (!link) return [];
    const key = `${link[0]} ${link[1]}`;
    const known = drawn.get(key);
    if (known) return known;
    const chain: number[] = [];
    let last = link[0];
    for (let at = layer[link[0]] + 1; at < layer[link[1]] && vertices.length < POINTS_MAX; at++) {
      vertices.push({ layer: at, width: 0, height: POINT, y: 0, order: 0, box: -1 });
      before.push([]);
      after.push([]);
      join(last, vertices.length - 1);
      last = vertices.length - 1;
      chain.push(last);
    }
    join(last, link[1]);
    drawn.set(key, chain);
    return chain;
  });
  return { vertices, before, after, chains };
}

/** Return the vertices of each layer in an order with few crossings. */
function ordered(vertices: Vertex[], before: number[][], after: number[][]): number[][] {
  const rows: number[][] = [];
  const seen = new Uint8Array(vertices.length);
  const visit = (start: number) => {
    const stack = [start];
    while (stack.length) {
      const at = stack.pop()!;
      if (seen[at]) continue;
      seen[at] = 1;
      (rows[vertices[at].layer] ??= []).push(at);
      stack.push(...after[at].toReversed(), ...before[at].toReversed());
    }
  };
  for (let n = 0; n < vertices.length; n++) visit(n);
  for (let n = 0; n < rows.length; n++) rows[n] ??= [];
  number(rows, vertices);
  let best = rows.map((row) => row.slice());
  let fewest = crossings(rows, vertices, after);
  for (let sweep = 0; sweep < SWEEPS && fewest; sweep++) {
    const down = sweep % 2 === 0;
    const near = down ? before : after;
    for (let n = 0; n < rows.length; n++) {
      const row = rows[down ? n : rows.length - 1 - n];
      const weight = new Map<number, number>();
      for (const at of row) weight.set(at, barycentre(at, near[at], vertices));
      row.sort((a, b) => weight.get(a)! - weight.get(b)! || vertices[a].order - vertices[b].order);
      row.forEach((at, place) => (vertices[at].order = place));
    }
    const count = crossings(rows, vertices, after);
    if (count < fewest) {
      fewest = count;
      best = rows.map((row) => row.slice());
    }
  }
  number(best, vertices);
  return best;
}

function number(rows: number[][], vertices: Vertex[]): void {
  for (const row of rows) row.forEach((at, place) => (vertices[at].order = place));
}

function barycentre(at: number, near: number[], vertices: Vertex[]): number {
  if (!near.length) return vertices[at].order;
  let sum = 0;
  for (const each of near) sum += vertices[each].order;
  return sum / near.length;
}

/** Count the crossings between neighbouring layers, with a Fenwick tree. */
function crossings(rows: number[][], vertices: Vertex[], after: number[][]): number {
  let count = 0;
  for (let n = 0; n + 1 < rows.length; n++) {
    const size = rows[n + 1].length;
    const tree = new Int32Array(size + 1);
    let total = 0;
    for (const at of rows[n]) {
      const ends = after[at].map((end) => vertices[end].order).sort((a, b) => a - b);
      for (const end of ends) {
        let less = 0;
        for (let i = end + 1; i > 0; i -= i & -i) less += tree[i];
        count += total - less;
      }
      for (const end of ends) {
        for (let i = end + 1; i <= size; i += i & -i) tree[i] += 1;
      }
      total += ends.length;
    }
  }
  return count;
}

/** Give each vertex a height near its neighbours', those of a layer kept apart. */
function place(vertices: Vertex[], rows: number[][], before: number[][], after: number[][]): void {
  for (const row of rows) {
    let y = 0;
    for (const at of row) {
      vertices[at].y = y + vertices[at].height / 2;
      y += vertices[at].height + GAP_Y;
    }
  }
  for (let pass = 0; pass < PASSES; pass++) {
    const down = pass % 2 === 0;
    for (let n = 0; n < rows.length; n++) {
      settle(rows[down ? n : rows.length - 1 - n], vertices, before, after, pass < PASSES - 2 ? down : null);
    }
  }
}

function settle(row: number[], vertices: Vertex[], before: number[][], after: number[][], down: boolean | null): void {
  // What is wanted less the room that those above take: then no value may fall below the last.
  const blocks: { sum: number; weight: number; count: number }[] = [];
  const room: number[] = [];
  let taken = 0;
  row.forEach((at, n) => {
    const vertex = vertices[at];
    if (n) taken += (vertices[row[n - 1]].height + vertex.height) / 2 + GAP_Y;
    room.push(taken);
    let sum = 0;
    let weight = 0;
    const add = (near: number[]) => {
      for (const each of near) {
        const strength = vertex.box < 0 && vertices[each].box < 0 ? 8 : vertex.box < 0 || vertices[each].box < 0 ? 2 : 1;
        sum += vertices[each].y * strength;
        weight += strength;
      }
    };
    if (down !== false) add(before[at]);
    if (down !== true) add(after[at]);
    const wanted = weight ? sum / weight : vertex.y;
    let block = { sum: (wanted - taken) * (weight || 0.1), weight: weight || 0.1, count: 1 };
    while (blocks.length) {
      const last = blocks[blocks.length - 1];
      if (last.sum / last.weight <= block.sum / block.weight) break;
      block = { sum: last.sum + block.sum, weight: last.weight + block.weight, count: last.count + block.count };
      blocks.pop();
    }
    blocks.push(block);
  });
  let at = 0;
  for (const { sum, weight, count } of blocks) {
    for (let n = 0; n < count; n++, at++) vertices[row[at]].y = sum / weight + room[at];
  }
}

function columnsOf(rows: number[][], vertices: Vertex[]) {
  const lefts: number[] = [];
  const widths = rows.map((row) => Math.max(0, ...row.map((at) => vertices[at].width)));
  let x = 0;
  rows.forEach((row, n) => {
    lefts.push(x);
    x += widths[n] + GAP_X + Math.min(120, row.length * 2);
  });
  return { lefts, widths, width: rows.length ? lefts[rows.length - 1] + widths[rows.length - 1] : 0 };
}
