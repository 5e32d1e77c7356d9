interface Sample {
  /** With `_bucket`, `_sum` or `_count` for histograms. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

const SAMPLE = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;

/** Metric families by name. Throws on what Prometheus would not read, or could not tell the family of. */
export function parsePage(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: { name: string; help: string; family: Family | undefined } = { name: '', help: '', family: undefined };
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [hash, keyword, name = '', ...rest] = line.split(' ');
    if (hash === '#' && keyword === 'HELP') {
      if (families.has(name)) throw new Error(`${name} comes twice`);
      current = { name, help: rest.join(' '), family: undefined };
    } else if (hash === '#' && keyword === 'TYPE' && name === current.name) {
      current.family = { help: current.help, type: rest.join(' '), samples: [] };
      families.set(name, current.family);
    } else {
      const sample = sampleOf(line);
      const family = current.family?.type === 'histogram' ? sample.name.replace(/_(bucket|sum|count)$/, '') : sample.name;
      if (!current.family || family !== current.name) throw new Error(`not in its family: ${line}`);
      current.family.samples.push(sample);
    }
  }
  return families;
}

/** The value of one sample; undefined when the page does not have it. */
export function valueOf(
  page: Map<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  const family = page.get(name) ?? page.get(name.replace(/_(bucket|sum|count)$/, ''));
  return family?.samples.find((sample) => sample.name === name && JSON.stringify(Object.entries(sample.labels).sort()) === wanted)
    ?.value;
}

function sampleOf(line: string): Sample {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not a sample: ${line}`);
  const parsed = [...labels.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text] as const);
  return { name, labels: Object.fromEntries(parsed), value: value === '+Inf' ? Infinity : Number(value) };
}
