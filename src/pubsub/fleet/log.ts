/** As much of pino as the fleet needs. */
export interface FleetLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}
