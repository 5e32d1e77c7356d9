/** As much of pino as the way to the broker needs. Nothing is logged per event. */
export interface AmqpLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}
