import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock, Timer } from '../../clock/clock';
import { DatabaseRefused } from '../reason';

/** Who has the directory, as its file says. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the system counts it: another process may get its pid. Empty where the system does not tell. */
  readonly began: string;
  /** Of this one time that it was taken. */
  readonly token: string;
}

/** How often a holder shows that it lives. */
const SIGN_MS = 5000;
/** Without a sign for so long, a holder on another machine (or in another container) is gone: its pid says nothing here. */
const SILENT_MS = 30_000;

const FILE = 'lock';

/**
 * A directory that one process has at a time. A file in it names the process. Of one that is dead the file is taken over at once; of
 * one that cannot be looked at from here, when it has shown no sign of life for 30 s.
 */
export class DirectoryLock {
  private readonly file: string;
  private mine: Holder | undefined;
  private signs: Timer | undefined;
  /** The last sign of a holder elsewhere, and since when there is no newer one. */
  private sign: { readonly token: string; readonly at: number; readonly since: number } | undefined;

  constructor(
    private readonly directory: string,
    private readonly clock: Clock,
  ) {
    this.file = join(directory, FILE);
  }

  /**
   * Rejects with {@link DatabaseRefused} while somebody else has it.
   * @param lost somebody else has taken it, because this process was away for too long
   */
  async take(lost: () => void): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const mine: Holder = { pid: process.pid, host: hostname(), began: await beginningOf(process.pid), token: randomUUID() };
    while (!(await this.write(mine))) await this.removeStale();
    this.mine = mine;
    this.signs = this.clock.every(SIGN_MS, () => {
      void this.show(mine).then((still) => {
        if (!still && this.mine === mine) lost();
      });
    });
  }

  async release(): Promise<void> {
    const { mine } = this;
    this.mine = undefined;
    this.signs?.cancel();
    if (mine && (await this.holder())?.token === mine.token) await rm(this.file, { force: true });
  }

  /** @returns false when there is a file already */
  private async write(holder: Holder): Promise<boolean> {
    try {
      await writeFile(this.file, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  private async removeStale(): Promise<void> {
    const holder = await this.holder();
    if (holder === undefined) return;
    if (await this.lives(holder)) {
      throw new DatabaseRefused(
        `DATA_DIR is in use by process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}; ` +
          'set DATABASE_URL for several processes to share one database',
      );
    }
    // Moved and looked at again: somebody else may have taken it over meanwhile, and then it is put back.
    const aside = `${this.file}.${randomUUID()}`;
    try {
      await rename(this.file, aside);
    } catch {
      return;
    }
    if ((await holderIn(aside))?.token === holder.token) await rm(aside, { force: true });
    else await rename(aside, this.file);
  }

  private async lives(holder: Holder): Promise<boolean> {
    if (holder.host === hostname() && holder.pid > 0) {
      return isAlive(holder.pid) && holder.began === (await beginningOf(holder.pid));
    }
    const at = await stat(this.file).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    const now = this.clock.monotonic();
    if (this.sign?.token !== holder.token || this.sign.at !== at) this.sign = { token: holder.token, at, since: now };
    return now - this.sign.since < SILENT_MS;
  }

  /** @returns false when it is not ours any more */
  private async show(mine: Holder): Promise<boolean> {
    if ((await this.holder())?.token !== mine.token) return false;
    const now = new Date(this.clock.now());
    await utimes(this.file, now, now).catch(() => undefined);
    return true;
  }

  private holder(): Promise<Holder | undefined> {
    return holderIn(this.file);
  }
}

/** Undefined when there is no such file. One that nobody can read may be about to be written: it is judged by its signs of life. */
async function holderIn(file: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, host, began, token } = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>;
    return { pid: Number(pid), host: String(host), began: String(began), token: String(token) };
  } catch {
    return { pid: 0, host: 'an unknown host', began: '', token: '' };
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Linux: clock ticks from its boot to the start of the process, the 22nd field; the 2nd may hold anything, in parentheses. */
async function beginningOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
