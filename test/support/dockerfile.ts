/** One instruction of a Dockerfile: `RUN`, and all that follows it. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** A stage: its base image, its name if it has one, and its instructions in order. */
export interface Stage {
  readonly image: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile of the plain kind: no heredocs, no ARG, no escape directive. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const stages: { image: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) throw new Error(`not an instruction: ${line}`);
    if (name === 'FROM') {
      const [image, , alias] = rest.split(/\s+/);
      stages.push({ image: image ?? '', name: alias, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ name, text: rest });
    }
  }
  return stages;
}

/** The texts of a stage's instructions of one name. */
export function textsOf(stage: Stage, name: string): string[] {
  return stage.instructions.filter((instruction) => instruction.name === name).map((instruction) => instruction.text);
}

/** The words of an exec-form command: `["node", "dist/main.js"]`. Throws for a shell-form one, which signals do not reach. */
export function execForm(text: string): string[] {
  const words: unknown = JSON.parse(text);
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  throw new Error(`not an exec form: ${text}`);
}
