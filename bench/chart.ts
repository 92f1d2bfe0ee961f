// Wall time over the number of tenants as SVG: both axes logarithmic, one line a tool, legible on light and on dark ground.

export interface Line {
  readonly name: string;
  /** Tenants and milliseconds, in order. */
  readonly points: readonly (readonly [tenants: number, ms: number])[];
}

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 130;
const TOP = 50;
const BOTTOM = 60;
/** Between the names at the ends of the lines. */
const LEADING = 18;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px }
  .small { fill: #57606a }
  .grid { stroke: #d0d7de }
  .line { fill: none; stroke-width: 2.5 }
  .c0 { stroke: #0969da } .f0 { fill: #0969da }
  .c1 { stroke: #bc4c00 } .f1 { fill: #bc4c00 }
  .c2 { stroke: #8250df } .f2 { fill: #8250df }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9da7b3 } .grid { stroke: #3d444d }
    .c0 { stroke: #58a6ff } .f0 { fill: #58a6ff }
    .c1 { stroke: #f0883e } .f1 { fill: #f0883e }
    .c2 { stroke: #bc8cff } .f2 { fill: #bc8cff }
  }
`;

export function chart(title: string, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points);
  const across = axis(all.map(([tenants]) => tenants));
  const up = axis(all.map(([, ms]) => ms));
  const x = (tenants: number): number => LEFT + across.part(tenants) * (WIDTH - LEFT - RIGHT);
  const y = (ms: number): number => HEIGHT - BOTTOM - up.part(ms) * (HEIGHT - TOP - BOTTOM);
  const right = WIDTH - RIGHT;
  const grid = [
    ...up.ticks.map(
      (ms) =>
        `<path class="grid" d="M${LEFT} ${round(y(ms))}H${right}"/>${text([LEFT - 8, y(ms) + 4], timeOf(ms), 'class="small" text-anchor="end"')}`,
    ),
    ...across.ticks.map(
      (tenants) =>
        `<path class="grid" d="M${round(x(tenants))} ${TOP}V${HEIGHT - BOTTOM}"/>${text([x(tenants), HEIGHT - BOTTOM + 20], tenants.toLocaleString('en'), 'class="small" text-anchor="middle"')}`,
    ),
  ];
  const curves = lines.map(({ points }, nth) => {
    const dots = points.map(([tenants, ms]) => [round(x(tenants)), round(y(ms))] as const);
    const path = dots.map(([left, top], at) => `${at === 0 ? 'M' : 'L'}${left} ${top}`).join('');
    const marks = dots.map(([left, top]) => `<circle class="f${nth}" cx="${left}" cy="${top}" r="4"/>`);
    return `<path class="line c${nth}" d="${path}"/>${marks.join('')}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    text([LEFT, 28], title, 'class="title"'),
    ...grid,
    ...curves,
    ...labels(lines, { x, y }),
    text([(LEFT + right) / 2, HEIGHT - 14], 'tenants in the list', 'class="small" text-anchor="middle"'),
    '</svg>\n',
  ].join('\n');
}

interface Scale {
  readonly x: (tenants: number) => number;
  readonly y: (ms: number) => number;
}

/** Where each line ends, moved apart where they would touch. */
function labels(lines: readonly Line[], { x, y }: Scale): string[] {
  const ends = lines
    .flatMap(({ name, points }, nth) => {
      const end = points.at(-1);
      return end === undefined
        ? []
        : [{ name: `${name}, ${timeOf(end[1])}`, nth, left: x(end[0]), top: y(end[1]) }];
    })
    .sort((one, other) => one.top - other.top);
  let lowest = Number.NEGATIVE_INFINITY;
  return ends.map(({ name, nth, left, top }) => {
    lowest = Math.max(top, lowest + LEADING);
    return text([left + 10, lowest + 4], name, `class="f${nth}"`);
  });
}

/** Powers of ten around the values; each value's part of the way. */
function axis(values: readonly number[]) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, n) => 10 ** (low + n)),
    part: (value: number): number => (Math.log10(value) - low) / (high - low),
  };
}

const timeOf = (ms: number): string =>
  ms < 1000
    ? `${Math.round(ms)} ms`
    : `${ms < 10_000 && ms % 1000 !== 0 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`;

const text = ([x, y]: readonly [number, number], said: string, attributes: string): string =>
  `<text ${attributes} x="${round(x)}" y="${round(y)}">${escaped(said)}</text>`;

const round = (value: number): number => Math.round(value * 10) / 10;

const escaped = (said: string): string => said.replace(/&/g, '&amp;').replace(/</g, '&lt;');
