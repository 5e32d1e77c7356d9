import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readSettings } from '../../src/config/read-settings';
import { Settings } from '../../src/config/settings';
import { VARIABLES, type Variable } from '../../src/config/variable';

const root = join(__dirname, '../..');
const defaults = new Settings() as unknown as Record<string, unknown>;

function defaultOf(variable: Variable): string {
  return String(defaults[variable.property]);
}

function tableRow(variable: Variable): string {
  const rule = variable.defaultRule === undefined ? '' : ` (${variable.defaultRule})`;
  const shown = defaultOf(variable) === '' ? 'none' : `\`${defaultOf(variable)}\``;
  return `| \`${variable.name}\` | ${shown}${rule} | ${variable.meaning} | ${variable.allowed} |`;
}

/** Commented out when the default hangs on another variable: copied to `.env` it would override that one. */
function exampleEntry(variable: Variable): string {
  const { name, meaning, allowed, defaultRule } = variable;
  const rule = defaultRule === undefined ? '' : `\n# Default: ${defaultOf(variable)} (${defaultRule})`;
  return `# ${meaning}.\n# Must be ${allowed}.${rule}\n${defaultRule === undefined ? '' : '# '}${name}=${defaultOf(variable)}\n`;
}

describe('the documented settings', () => {
  it('are a property of the settings class each, and all of them', () => {
    expect(VARIABLES.map((variable) => variable.property)).toEqual(Object.keys(defaults));
  });

  it('stand in the table of the README, in order, with default, meaning and what is allowed', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const table = readme.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line));
    expect(table).toEqual(VARIABLES.map(tableRow));
  });

  it('stand in .env.example, in order, with default, meaning and what is allowed', () => {
    const example = readFileSync(join(root, '.env.example'), 'utf8');
    const entries = example.split('\n\n').slice(1).join('\n\n');
    expect(entries).toBe(VARIABLES.map(exampleEntry).join('\n'));
  });

  it('are the defaults when .env.example is copied as it is', () => {
    const example = parseEnv(readFileSync(join(root, '.env.example'), 'utf8'));
    expect(readSettings(example as Record<string, string>)).toEqual(new Settings());
  });
});
