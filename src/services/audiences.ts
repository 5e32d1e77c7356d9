import type { StreamAudience } from '../subscriptions/hub';

/** Everybody who can tell who listens to what. */
export class Audiences {
  private readonly sources: (() => Promise<Iterable<StreamAudience>>)[] = [];

  add(source: () => Iterable<StreamAudience> | Promise<Iterable<StreamAudience>>): void {
    this.sources.push(async () => source());
  }

  async all(): Promise<StreamAudience[]> {
    const told = await Promise.all(this.sources.map((tell) => tell()));
    return told.flatMap((audiences) => [...audiences]);
  }
}
