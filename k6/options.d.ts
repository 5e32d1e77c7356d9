interface Settings {
  url: string;
  connections: number;
  duration: number;
  ramp: number;
  symbols: string[];
  rate: number;
  latencyEvery: number;
}

export function settings(
  env: Record<string, string>,
  defaults: { connections: number; duration: string; rate?: number; latencyEvery?: number },
): Settings;
export function turn(set: Pick<Settings, 'ramp' | 'connections'>, number: number): number;
