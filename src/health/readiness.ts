export type Obstacle = 'starting' | 'draining' | 'full';

/** Whether new clients can be taken. Set `started` once the port is open. */
export class Readiness {
  started = false;

  constructor(
    private readonly sessions: { readonly draining: boolean },
    private readonly admission: { readonly full: boolean },
  ) {}

  /** Why clients should go elsewhere for now; undefined when they are welcome. */
  get obstacle(): Obstacle | undefined {
    if (!this.started) return 'starting';
    if (this.sessions.draining) return 'draining';
    if (this.admission.full) return 'full';
    return undefined;
  }
}
