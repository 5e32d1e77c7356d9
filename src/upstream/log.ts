/** As much of pino as the upstream needs. Nothing is logged per message. */
export interface UpstreamLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}
