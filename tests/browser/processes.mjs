// What this script's own browser costs: CPU time and memory of every process below this one, from /proc.
import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}

/** Milliseconds of CPU by process, of all below this one. */
function spent() {
  const all = new Map();
  for (const name of readdirSync('/proc')) {
    const known = /^\d+$/.test(name) && stat(name);
    if (known) all.set(Number(name), known);
  }
  const below = (pid) => {
    for (let at = all.get(pid); at; at = all.get(at.parent)) if (at.parent === process.pid) return true;
    return false;
  };
  return new Map([...all].filter(([pid]) => below(pid)).map(([pid, { ticks }]) => [pid, (ticks * 1_000) / TICKS_PER_SECOND]));
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Milliseconds of CPU that the browser spends while `seconds` pass: all of its processes together, and by what they are. */
export async function cpuMs(seconds) {
  const before = spent();
  await new Promise((done) => setTimeout(done, seconds * 1_000));
  const kinds = {};
  let sum = 0;
  for (const [pid, ms] of spent()) {
    const took = ms - (before.get(pid) ?? 0);
    const kind = /--type=([\w-]+)/.exec(commandLine(pid))?.[1] ?? 'browser';
    kinds[kind] = (kinds[kind] ?? 0) + took;
    sum += took;
  }
  return { sum, kinds };
}

/** MiB of memory, what processes share counted once. */
export function pssMib() {
  const kib = [...spent().keys()].map((pid) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kib.reduce((sum, one) => sum + one, 0) / 1_024;
}

/** MiB that scripts hold once what nobody needs is gone, and elements of the page. */
export async function heap(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { heap_mib: of('JSHeapUsedSize') / 2 ** 20, nodes: of('Nodes') };
}
